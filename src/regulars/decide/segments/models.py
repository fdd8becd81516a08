"""Tables of segments: CustomerProfile, Segment, SegmentMember."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class CustomerProfile(ShopOwned):
    """Traits and scores of one customer, one wide row. Derived: `segments.actions.refresh` rebuilds it from the records."""

    customer = models.OneToOneField(
        "customers.Customer", on_delete=models.CASCADE, primary_key=True, related_name="profile"
    )
    orders = models.PositiveIntegerField(default=0)
    revenue = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True, blank=True)
    last_order_at = models.DateTimeField(null=True, blank=True)
    p_alive = models.FloatField(null=True, blank=True)
    expected_orders = models.FloatField(null=True, blank=True)
    clv = models.BigIntegerField(null=True, blank=True)
    clv_low = models.BigIntegerField(null=True, blank=True)
    clv_high = models.BigIntegerField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.customer_id)


class Segment(ShopOwned):
    """A named rule over customers."""

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    rule = models.JSONField(default=dict)
    is_watched = models.BooleanField(default=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="segment_key_once")]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A customer who is in a segment now, and since when."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "customer"], name="segment_member_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
