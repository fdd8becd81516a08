"""The trigger `customer_date`: a day of the year that belongs to the customer, on the customer's own calendar."""

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.clock import birthday_in
from regulars.core.models import Shop
from regulars.journeys.answers import barring
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Params, TriggerKind, Wording
from regulars.journeys.local_time import zone_of
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer

DATES = {"birthday": Words(en="birthday", de="Geburtstag")}


class CustomerDate(TriggerKind):
    """date: birthday. hour: from which hour of that day on, on the customer's clock. Once a year.

    A birthday on 29 February is kept on 28 February in other years. A day that has passed is not made up for.
    """

    key = "customer_date"
    title = gettext_lazy("A day of the customer’s")
    icon = "cake"
    fields = (
        Field("date", "choice", Words(en="Day", de="Tag"), required=True, choices=DATES),
        Field("hour", "hour", Words(en="From this hour on", de="Ab dieser Uhrzeit"), required=True),
    )
    keys_by_year = True

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        return Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None, birthday_day__isnull=False)

    def find(self, journey: Journey, now: datetime, limit: int) -> list[Entry]:
        hour = journey.definition["trigger"]["hour"]
        shop = journey.shop
        names = Customer._base_manager.filter(shop=shop).values_list("timezone", flat=True).order_by().distinct()
        days: dict[date, list[str]] = defaultdict(list)
        opens: dict[str, datetime] = {}
        for name in names:
            zone = zone_of(name, shop)
            local = now.astimezone(zone)
            opens[name] = _opening(local.date(), zone, hour)
            if now >= opens[name]:
                days[local.date()].append(name)
        found: list[Entry] = []
        for day, zones in sorted(days.items()):
            key = f"birthday:{day.year}"
            barred = barring(journey, now, [key]).filter(customer_id=OuterRef("pk"))
            customers = _born_on(shop, day).filter(timezone__in=zones).exclude(Exists(barred)).order_by("pk")
            found += [Entry(pk, key) for pk in customers.values_list("pk", flat=True)[: limit - len(found)]]
            if len(found) >= limit:
                break
        return found

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("On the customer’s birthday, from %(hour)s o’clock on") % {"hour": params["hour"]}


def _opening(day: date, zone: ZoneInfo, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone)


def _born_on(shop: Shop, day: date) -> QuerySet[Customer]:
    """Living customers who keep their birthday on `day`."""
    born = Q(birthday_month=day.month, birthday_day=day.day)
    if birthday_in(day.year, 2, 29) == day:
        born |= Q(birthday_month=2, birthday_day=29)
    return Customer._base_manager.filter(born, shop=shop, merged_into=None, erased_at=None)
