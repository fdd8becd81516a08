"""The KPIs: one file a figure (or a family of one definition), found by folder; and how they are computed for a shop."""

import pkgutil
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib import import_module

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.insights import facts
from regulars.insights.figures import KPIS, Ask, Figure, Kpi, figure, missing
from regulars.insights.periods import Period
from regulars.insights.snapshot import Snapshot
from regulars.insights.warehouse import open_snapshot


@cache
def _load() -> None:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        import_module(f"{__name__}.{module.name}")


def definitions() -> dict[str, Kpi]:
    """All KPIs by key, file by file, in the order in which each file tells them."""
    _load()
    return dict(KPIS)


def chosen(keys: Sequence[str]) -> list[Kpi]:
    """The KPIs of these keys or families; all for no keys. Raises Refused for a key that does not exist."""
    there = definitions()
    if not keys:
        return list(there.values())
    unknown = [key for key in keys if key not in there and key not in {one.family for one in there.values()}]
    if unknown:
        raise Refused(f"there is no KPI {', '.join(unknown)}; there are: {', '.join(sorted(there))}")
    return [one for one in there.values() if one.key in keys or (one.family and one.family in keys)]


def compute(
    shop: Shop,
    start: date,
    end: date,
    keys: Sequence[str] = (),
    by: str | None = None,
    *,
    now: datetime,
    snapshot: Snapshot | None = None,
    measure_id: int | None = None,
) -> list[Figure]:
    """The figures of [start, end), days in the shop's zone; `by` "month" cuts it at the first of each month.

    snapshot: the facts to compute from; without it a fresh one. measure_id: communication of this measure only. Raises
    Refused for what cannot be asked.
    """
    if not start < end:
        raise Refused(f"the period must end after it starts: from {start} to {end} (the end is not included)")
    if by not in {None, "month"}:
        raise Refused(f"figures can be cut by month, not by {by!r}")
    wanted = chosen(keys)
    whole = Period(start, end)
    periods = whole.by_month() if by else [whole]
    return compute_periods(shop, periods, wanted, now=now, snapshot=snapshot, measure_id=measure_id)


def compute_periods(
    shop: Shop,
    periods: Sequence[Period],
    wanted: Sequence[Kpi],
    *,
    now: datetime,
    snapshot: Snapshot | None = None,
    measure_id: int | None = None,
) -> list[Figure]:
    """As `compute`, for any list of periods and KPIs, ordered by KPI and then by period."""
    at = snapshot if snapshot is not None else facts.fresh(shop, now)
    with open_snapshot(at) as warehouse:
        ask = Ask(shop, at, warehouse, periods, now, measure_id=measure_id)
        ask.give_periods()
        return answers(ask, wanted)


def answers(ask: Ask, wanted: Sequence[Kpi]) -> list[Figure]:
    """The figures of the periods of `ask`, ordered by KPI and then by period; one of a table."""
    found: list[Figure] = []
    for one in wanted:
        empty = ask.snapshot.first_day is None and not one.is_table
        told = [missing("no_data")] * len(ask.periods) if empty else one.compute(ask)
        over: Sequence[Period | None] = [None] if one.is_table else ask.periods
        found += [figure(one, period, each, ask.shop.currency) for period, each in zip(over, told, strict=True)]
    return found
