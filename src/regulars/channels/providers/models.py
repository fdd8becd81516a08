"""The table of mail providers: the accounts of a shop."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class ProviderAccount(ShopOwned):
    """The shop's account with one mail provider. Whether mails go out over it is said by `SendingRules.way`.

    provider: a key of `providers.PROVIDERS`. api_key, secret_key: sealed. region, domain, stream: what the provider asks
    for besides. hook_secret: sealed; stands in the address to which the provider reports. signing_key: sealed; what its
    reports are signed with ("" = only the address is checked). heard_at: when it last reported.
    """

    provider = models.CharField(max_length=20)
    api_key = models.TextField(blank=True, default="")
    secret_key = models.TextField(blank=True, default="")
    signing_key = models.TextField(blank=True, default="")
    region = models.CharField(_("region"), max_length=10, blank=True, default="")
    domain = models.CharField(_("sending domain"), max_length=253, blank=True, default="")
    stream = models.CharField(_("message stream"), max_length=60, blank=True, default="")
    hook_secret = models.TextField()
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "provider"], name="provider_account_once")]

    def __str__(self) -> str:
        return self.provider
