"""The customer's clock: their zone, else the shop's."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
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
    rows = Customer._base_manager.filter(shop=shop, pk__in=list(customer_ids)).values_list("pk", "timezone")
    return {pk: zone_of(name, shop) for pk, name in rows}


def next_hour(moment: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """The first instant from `moment` on at which the clock in `zone` shows `hour` o'clock."""
    local = moment.astimezone(zone)
    day = (
        local.date()
        if (local.hour, local.minute, local.second, local.microsecond) <= (hour, 0, 0, 0)
        else (local.date() + timedelta(days=1))
    )
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(moment.tzinfo)


def day_end(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the next day in `zone`."""
    day = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(moment.tzinfo)
