"""The table of service messages: which the shop wants sent, and by which template."""

from django.db import models

from regulars.core.scoping import ShopOwned
from regulars.reach.messaging.models import Template


class ServiceMessage(ShopOwned):
    """One kind of message in this shop; without a row it is off. kind: a key of `kinds.KINDS`.

    template: what it says; kept while it is off, so that the shop finds its own words again.
    """

    kind = models.CharField(max_length=12)
    template = models.OneToOneField(Template, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind"], name="service_message_once")]

    def __str__(self) -> str:
        return self.kind
