"""Tables of segments: CustomerProfile, ProfileState, Segment, SegmentMember."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class CustomerProfile(ShopOwned):
    """Traits and scores of one living customer, one wide row.

    Derived: `profiles.refresh` rebuilds all but the scores from the records. Money in minor units of the currency.
    Orders are counted orders (KPIS.md). Dates are kept rather than ages, so that a row does not change because a day
    went by; only the windows of 30, 90 and 365 days do, for the customers whose orders cross their edge.
    """

    customer = models.OneToOneField(
        "customers.Customer", on_delete=models.CASCADE, primary_key=True, related_name="profile"
    )
    # Orders
    orders = models.PositiveIntegerField(default=0)
    revenue = models.BigIntegerField(default=0)
    list_revenue = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    first_order_at = models.DateTimeField(null=True, blank=True)
    second_order_at = models.DateTimeField(null=True, blank=True)
    last_order_at = models.DateTimeField(null=True, blank=True)
    average_basket = models.BigIntegerField(null=True, blank=True)
    largest_basket = models.BigIntegerField(null=True, blank=True)
    last_basket = models.BigIntegerField(null=True, blank=True)
    days_between_orders = models.FloatField(null=True, blank=True)
    orders_30 = models.PositiveIntegerField(default=0)
    orders_90 = models.PositiveIntegerField(default=0)
    orders_365 = models.PositiveIntegerField(default=0)
    revenue_30 = models.BigIntegerField(default=0)
    revenue_90 = models.BigIntegerField(default=0)
    revenue_365 = models.BigIntegerField(default=0)
    cancelled_orders = models.PositiveIntegerField(default=0)
    # What and at what price
    discount_share = models.FloatField(null=True, blank=True)
    discounted_orders = models.PositiveIntegerField(default=0)
    voucher_orders = models.PositiveIntegerField(default=0)
    products = models.PositiveIntegerField(default=0)
    categories = models.PositiveIntegerField(default=0)
    favourite_category = models.CharField(max_length=120, blank=True, default="")
    # Goods and money that went back
    returns = models.PositiveIntegerField(default=0)
    returned_units = models.BigIntegerField(default=0)
    return_share = models.FloatField(null=True, blank=True)
    last_return_at = models.DateTimeField(null=True, blank=True)
    refunded = models.BigIntegerField(default=0)
    revenue_after_refunds = models.BigIntegerField(default=0)
    # The person
    known_since = models.DateTimeField(null=True, blank=True)
    birthday = models.PositiveSmallIntegerField(null=True, blank=True)  # month × 100 + day
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, default="")
    locale = models.CharField(max_length=5, blank=True, default="")
    has_email = models.BooleanField(default=False)
    has_phone = models.BooleanField(default=False)
    # What we may and did (filled by contact_policy, which knows)
    may_email = models.BooleanField(default=False)
    may_research = models.BooleanField(default=False)
    may_phone = models.BooleanField(default=False)
    has_objected = models.BooleanField(default=False)
    contacts_30 = models.PositiveIntegerField(default=0)
    contacts_365 = models.PositiveIntegerField(default=0)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    # Scores (written by insights through `actions.write_scores`)
    r = models.PositiveSmallIntegerField(null=True, blank=True)
    f = models.PositiveSmallIntegerField(null=True, blank=True)
    m = models.PositiveSmallIntegerField(null=True, blank=True)
    p_alive = models.FloatField(null=True, blank=True)
    churn_risk = models.FloatField(null=True, blank=True)
    expected_orders = models.FloatField(null=True, blank=True)
    clv = models.BigIntegerField(null=True, blank=True)
    clv_low = models.BigIntegerField(null=True, blank=True)
    clv_high = models.BigIntegerField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.customer_id)


class ProfileState(ShopOwned):
    """How far the profiles of a shop are kept: windows_at is the moment their windows of days were last moved to."""

    windows_at = models.DateTimeField(null=True, blank=True)
    ready_made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="profile_state_once")]

    def __str__(self) -> str:
        return f"profiles of {self.shop_id} at {self.windows_at}"


class Segment(ShopOwned):
    """A named rule over customers.

    computed_at null: its members were not computed yet (or its rule changed); the first computation is no news.
    error: why the sweep could not compute it, for the page.
    """

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    rule = models.JSONField(default=dict)
    is_watched = models.BooleanField(default=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    computed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="segment_key_once")]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A customer who is in a segment now, and since when."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "customer"], name="segment_member_once")]
        indexes = [models.Index(fields=["segment", "since", "id"], name="segment_member_by_time")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"


class SegmentMove(models.Model):
    """A customer joined a segment or left it. Written with its Event, which says the same but is not found by segment."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="moves", db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    is_entry = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["segment", "at", "id"], name="segment_move_by_time"),
            models.Index(fields=["segment", "is_entry", "at"], name="segment_move_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {'joined' if self.is_entry else 'left'} {self.segment_id}"
