"""Tables of webhooks: WebhookEndpoint and Webhook."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned


class WebhookEndpoint(ShopOwned):
    """An address of another program. sealed_secret: what calls to it are signed with, sealed; shown once, when it is made."""

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(_("address"), max_length=500)
    sealed_secret = models.CharField(max_length=400)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="webhook_endpoint_once")]

    def __str__(self) -> str:
        return self.name


class Webhook(ShopOwned, DueRow):
    """One call to an endpoint. It has the same id and body at every attempt.

    key: the same call is written once. status_code: of the last answer.
    """

    class Status(models.TextChoices):
        DUE = "due", _("due")
        CLAIMED = "claimed", _("being sent")
        DONE = "done", _("sent")
        FAILED = "failed", _("given up")
        CANCELLED = "cancelled", _("not sent")

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DUE)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="webhooks")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    message_id = models.CharField(max_length=60, unique=True)
    body = models.TextField()
    key = models.CharField(max_length=120)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="webhook_once")]
        indexes = [models.Index(fields=["shop", "status", "due_at"], name="webhook_due")]

    def __str__(self) -> str:
        return self.message_id
