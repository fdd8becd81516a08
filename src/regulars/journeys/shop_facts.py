"""What there is in a shop to work with: its size, its assortment, and the data that measures live on.

From kept numbers and indexes; traits of customers of a large shop from a sample of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from regulars.core.models import Shop
from regulars.core.tallies import counted
from regulars.decide.contact_policy.event_types import CONSENT_GRANTED
from regulars.decide.goals.models import Goal
from regulars.decide.segments.estimate import Sample, everybody, sample_of
from regulars.decide.segments.models import CustomerProfile
from regulars.decide.segments.tallies import REACHABLE
from regulars.know.customers.models import Customer
from regulars.know.orders.event_types import CHECKOUT_LEFT, PRODUCT_ADDED, SHIPMENT_DELIVERED
from regulars.know.orders.models import Order, Product
from regulars.know.orders.novelties import news_begin
from regulars.know.timeline.models import Event
from regulars.reward.gatherings.models import Gathering

from .rhythm import Asked, typical

MONTH = timedelta(days=30)
DORMANT = 200
"""Where the customers are so many times the orders of a month, hardly anybody orders any more."""


@dataclass(frozen=True)
class ShopFacts:
    """Numbers of a shop. In the last 30 days: orders, sign_ups, checkouts (left), deliveries, novelties. Customers of whom it
    is known: birthdays, interests, phones (may be called). ranks: kind of goal → rank. sample: where the traits are estimated.
    """

    customers: int
    may_mail: int
    orders: int
    sign_ups: int
    checkouts: int
    deliveries: int
    novelties: int
    birthdays: int
    interests: int
    phones: int
    products: int
    categories: int
    repeat_products: int
    gatherings: int
    ranks: Mapping[str, int]
    sample: Sample | None = None

    @property
    def is_dormant(self) -> bool:
        """Whether hardly anybody orders any more."""
        return self.customers > 0 and self.orders * DORMANT < self.customers


def facts_of(shop: Shop, now: datetime) -> ShopFacts:
    """The numbers of today. A constant number of queries, 16 at most."""
    customers = everybody(shop)
    sample = sample_of(shop, customers)
    profiles = CustomerProfile._base_manager.filter(shop=shop)
    people = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None, birthday_day__isnull=False)
    if sample is not None:
        profiles, people = profiles.filter(customer__among=sample.ids), people.filter(pk__among=sample.ids)
    traits = profiles.aggregate(
        interests=Count("pk", filter=~Q(favourite_category="")),
        phones=Count("pk", filter=Q(may_phone=True, has_objected=False)),
    )
    traits["birthdays"] = people.count()
    if sample is not None:
        traits = {name: sample.about(n) for name, n in traits.items()}
    since = now - MONTH
    happened = dict(
        Event._base_manager.filter(
            shop=shop, type__in=(CHECKOUT_LEFT, SHIPMENT_DELIVERED, CONSENT_GRANTED), at__gte=since, at__lte=now
        )
        .order_by()
        .values_list("type")
        .annotate(Count("pk"))
    )
    begin = news_begin(shop)
    added = Event._base_manager.filter(shop=shop, type=PRODUCT_ADDED, at__gte=max(since, begin or now), at__lte=now)
    goods = Product._base_manager.filter(shop=shop).aggregate(
        products=Count("pk"), categories=Count("category", distinct=True, filter=~Q(category=""))
    )
    return ShopFacts(
        customers=customers,
        may_mail=sum(counted(REACHABLE, [shop.pk])[shop.pk].values()),
        orders=Order._base_manager.filter(shop=shop, is_counted=True, placed_at__gte=since, placed_at__lte=now).count(),
        sign_ups=happened.get(CONSENT_GRANTED, 0),
        checkouts=happened.get(CHECKOUT_LEFT, 0),
        deliveries=happened.get(SHIPMENT_DELIVERED, 0),
        novelties=added.count() if begin else 0,
        repeat_products=len(typical(shop, Asked(), now)),
        gatherings=Gathering._base_manager.filter(
            shop=shop, starts_at__gt=now, status__in=(Gathering.Status.DRAFT, Gathering.Status.OPEN)
        ).count(),
        ranks=dict(Goal._base_manager.filter(shop=shop).values_list("kind", "rank")),
        sample=sample,
        **goods,
        **traits,
    )
