"""Tables of SMS: SmsAccount and SmsHandover."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class SmsAccount(ShopOwned):
    """The shop's account with one SMS provider. The first in use sends; the next one does where it certainly could not.

    provider: a key of `providers.PROVIDERS`. url: where messages are posted, only where the provider has none of its own.
    user, secret: as the provider asks for them; the secret is sealed. sender: number, or name of up to 11 letters. fields:
    our names → the provider's, where it has none of its own. per_second: messages at most. free_at: when the next message may
    go out, shared by all workers. hook_secret: sealed; stands in the address to which the provider reports.
    """

    provider = models.CharField(max_length=20)
    url = models.URLField(_("address"), max_length=300, blank=True, default="")
    user = models.CharField(_("user"), max_length=120, blank=True, default="")
    secret = models.TextField(blank=True, default="")
    sender = models.CharField(_("sender"), max_length=20, blank=True, default="")
    fields = models.JSONField(default=dict, blank=True)
    per_second = models.PositiveSmallIntegerField(_("messages a second"), default=5)
    is_used = models.BooleanField(_("SMS go out over this provider"), default=False)
    order = models.PositiveSmallIntegerField(_("order of use"), default=1)
    free_at = models.DateTimeField(null=True, blank=True)
    hook_secret = models.TextField()
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order", "pk")
        constraints = [models.UniqueConstraint(fields=["shop", "provider"], name="sms_account_once")]

    def __str__(self) -> str:
        return self.provider


class SmsHandover(ShopOwned):
    """Under which name a provider took a message: its reports name it so. Deleted after a while."""

    account = models.ForeignKey(SmsAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    reference = models.CharField(max_length=120)
    message = models.ForeignKey("messaging.Message", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "reference"], name="sms_handover_once")]
        indexes = [models.Index(fields=["shop", "at"], name="sms_handover_by_time")]

    def __str__(self) -> str:
        return self.reference
