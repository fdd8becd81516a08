"""Tables of the intake: InboundCall."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned


class InboundCall(ShopOwned, DueRow):
    """One call with facts, as it came in over the interface. Deleted after 30 days.

    noun: what was sent, such as "events" or "orders". Events are kept raw in `body` and are due until they are
    normalised; of the other nouns, which are written before the answer, only what was answered is kept. A call of which
    nothing could be taken is `failed` from the start and shows its `errors`.
    idempotency_key: unique per shop and noun where it is not null. digest: of the body that came with the key;
    empty where `body` is that body.
    rows: taken; rejected: left out because they did not fit; errors: `[{"row", "place", "detail"}]` of those.
    status_code: the answer's; answer: its body (of the other nouns).
    """

    class Noun(models.TextChoices):
        EVENTS = "events", _("events")
        CUSTOMERS = "customers", _("customers")
        ORDERS = "orders", _("orders")
        SHIPMENTS = "shipments", _("shipments")
        RETURNS = "returns", _("returns")
        PRODUCTS = "products", _("products")
        CHECKOUTS = "checkouts", _("checkouts")

    api_key = models.ForeignKey(
        "core.ApiKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    noun = models.CharField(max_length=12, choices=Noun.choices)
    idempotency_key = models.CharField(max_length=120, null=True, blank=True)
    digest = models.CharField(max_length=32, blank=True, default="")
    body = models.BinaryField(default=b"")
    rows = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    status_code = models.PositiveSmallIntegerField(default=202)
    answer = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "noun", "idempotency_key"], name="inbound_call_once")]
        indexes = [
            models.Index(fields=["shop", "status", "due_at"], name="inbound_call_due"),
            models.Index(fields=["shop", "received_at"], name="inbound_call_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.noun} at {self.received_at:%Y-%m-%d %H:%M}"
