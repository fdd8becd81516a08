"""The customer's clock and calendar: their zone, else the shop's. Right on the days of a clock change, too."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from regulars.core.models import Shop
from regulars.know.customers.models import Customer


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(name: str, shop: Shop) -> ZoneInfo:
    """The zone called `name`; the shop's where it is empty or unknown."""
    return ZoneInfo(name if name in _known() else shop.timezone)


def zones_of(shop: Shop, customer_ids: Iterable[int]) -> dict[int, ZoneInfo]:
    """The zone of each customer. One query."""
    rows = Customer._base_manager.filter(shop=shop, pk__among=set(customer_ids)).values_list("pk", "timezone")
    return {pk: zone_of(name, shop) for pk, name in rows}


def at_hour(day: date, zone: ZoneInfo, hour: int) -> datetime:
    """The first instant at which the clock in `zone` shows `hour` o'clock on `day`, or the first after it, where a clock
    change leaves that hour out."""
    return datetime.combine(day, time(hour), tzinfo=zone)


def next_hour(moment: datetime, zone: ZoneInfo, hour: int, weekdays: Collection[int] = ()) -> datetime:
    """The first instant from `moment` on at which the clock in `zone` shows `hour` o'clock, on one of `weekdays` (1 Monday
    … 7 Sunday; empty: on any day)."""
    day = moment.astimezone(zone).date()
    while True:
        if not weekdays or day.isoweekday() in weekdays:
            first = at_hour(day, zone, hour)
            # An hour that the clock shows twice: the second time counts for who comes in between.
            for found in sorted({first.timestamp(), first.replace(fold=1).timestamp()}):
                if found >= max(moment.timestamp(), first.timestamp()):
                    return datetime.fromtimestamp(found, moment.tzinfo)
        day += timedelta(days=1)


def next_weekday(moment: datetime, zone: ZoneInfo, weekdays: Collection[int]) -> datetime:
    """`moment`, if it lies on one of `weekdays` in `zone`; else the first instant of the next such day."""
    day = moment.astimezone(zone).date()
    if day.isoweekday() in weekdays:
        return moment
    while day.isoweekday() not in weekdays:
        day += timedelta(days=1)
    return at_hour(day, zone, 0).astimezone(moment.tzinfo)


def add_days(moment: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The same time of day in `zone`, so many days of its calendar later: a day of 23 or 25 hours is a day."""
    local = moment.astimezone(zone)
    later = datetime.combine(local.date() + timedelta(days=days), local.time().replace(fold=0), tzinfo=zone)
    return max(later.astimezone(moment.tzinfo), moment)


def day_end(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the next day in `zone`."""
    day = moment.astimezone(zone).date() + timedelta(days=1)
    return at_hour(day, zone, 0).astimezone(moment.tzinfo)


def open_days(shop: Shop, now: datetime, hour: int) -> dict[date, list[str]]:
    """The calendar days on which it is `hour` o'clock or later somewhere, each with the names of the zones of customers
    where it is so (as customers have them, empty for the shop's). One query."""
    names = Customer._base_manager.filter(shop=shop).values_list("timezone", flat=True).order_by().distinct()
    days: dict[date, list[str]] = defaultdict(list)
    for name in names:
        zone = zone_of(name, shop)
        day = now.astimezone(zone).date()
        if now >= at_hour(day, zone, hour):
            days[day].append(name)
    return days
