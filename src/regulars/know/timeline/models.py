"""Tables of the timeline: Event and EventDue."""

from typing import Any, ClassVar

from django.db import models

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned, shop_manager


class EventQuerySet(models.QuerySet["Event"]):
    def of_customer(self, customer_id: int) -> "EventQuerySet":
        return self.filter(customer_id=customer_id).order_by("-at", "-pk")


class Event(ShopOwned):
    """A dated fact on the timeline. Append-only.

    source_key: unique per shop and type where it is not null; a replay writes nothing.
    is_history: imported from the past; nobody reacts to it.
    """

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    type = models.CharField(max_length=60)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True, default="")
    source_key = models.CharField(max_length=120, null=True, blank=True)
    data = models.JSONField(default=dict)
    is_history = models.BooleanField(default=False)

    objects: ClassVar[Any] = shop_manager(EventQuerySet)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "type", "source_key"], name="event_once")]
        indexes = [
            models.Index(fields=["customer", "-at"], name="event_by_customer"),
            models.Index(fields=["shop", "type", "at"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M}"


class EventDue(DueRow):
    """One listener that still has to react to one Event. Written with the Event, deleted when the reaction is committed."""

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    listener = models.CharField(max_length=60)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "listener"], name="event_due_once")]
        indexes = [models.Index(fields=["shop", "listener", "status", "due_at"], name="event_due_due")]

    def __str__(self) -> str:
        return f"{self.listener} ← {self.event_id}"
