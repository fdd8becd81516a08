"""Costs as the shop entered them, by month: what it spent on winning customers and on keeping them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from regulars.core.actions import audit
from regulars.core.models import Shop, Staff

from .models import Cost
from .periods import Period, add_months, month_of


def entered(shop: Shop, kind: str, periods: Sequence[Period]) -> list[Decimal]:
    """The costs of each period in minor units; a month that a period cuts counts by its days. One query."""
    by_month = dict(Cost._base_manager.filter(shop=shop, kind=kind).values_list("month", "amount"))
    return [
        sum((Decimal(amount) * _share(month, period) for month, amount in by_month.items()), Decimal(0))
        for period in periods
    ]


def _share(month: date, period: Period) -> Decimal:
    end = add_months(month, 1)
    days = (min(end, period.end) - max(month, period.start)).days
    return Decimal(max(0, days)) / (end - month).days


@transaction.atomic
def enter(shop: Shop, kind: str, month: date, amount: int, staff: Staff | None, now: datetime) -> None:
    """Writes what was spent in a month, in minor units; 0 takes the entry away."""
    month = month_of(month)
    if amount:
        Cost._base_manager.update_or_create(
            shop=shop, kind=kind, month=month, defaults={"amount": amount, "entered_at": now}
        )
    else:
        Cost._base_manager.filter(shop=shop, kind=kind, month=month).delete()
    audit("costs.entered", shop=shop, staff=staff, now=now, kind=kind, month=f"{month:%Y-%m}", amount=amount)
