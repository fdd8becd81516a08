"""The effect of a measure: treated minus holdout, intention to treat, in orders, revenue and margin.

Every customer counts in the arm that was drawn at enrolment, contacted or not. Outcomes count in the window of the
measure (default 30 days) that starts at assignment; customers whose window is not over yet are left out until it is.
Customers held out by the shop's global holdout are left out as well: they get nothing of any measure, so they would show
the effect of all measures together. Definitions: KPIS.md, "Effect".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Count, F, Sum

from regulars.core.models import Shop
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.reach.messaging.models import Message
from regulars.reward.offers.models import Offer, VoucherRedemption

from .statistics import confidence
from .statistics.confidence import Difference, Sums

BEFORE_DAYS = 365
"""What a customer bought in this many days before assignment adjusts the revenue (CUPED)."""
PAST_WINDOWS = 12
"""The smallest visible effect is told from this many past windows."""
BROKEN_RATIO = 0.001


@dataclass(frozen=True)
class Look:
    """What was known at the end of one day (UTC): customers with a full window, estimate and interval."""

    day: date
    customers: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OutcomeEffect:
    """One outcome. Figures per customer: a share of 1 for `ordered`, minor units for `revenue` and `margin`.

    needed: customers still needed to prove the difference, if it is as estimated; None where nobody can tell.
    """

    key: str
    treated: float | None
    holdout: float | None
    difference: float | None
    low: float | None
    high: float | None
    is_proven: bool
    needed: int | None
    is_adjusted: bool
    looks: Sequence[Look]


@dataclass(frozen=True)
class Effect:
    """The effect of a measure at a moment.

    assigned_*: all customers of the arm; measured_*: those whose window is over. Money in minor units.
    incremental_*: difference per customer × all assigned to treatment. roi: (incremental margin − cost) ÷ cost, None
    without cost. is_void: the split of the arms is not the planned one (p < 0.001), so nothing can be said.
    reason: "" or why there is no estimate: no_holdout, nobody, too_few.
    """

    measure_id: int
    at: datetime
    assigned_treated: int
    assigned_holdout: int
    measured_treated: int
    measured_holdout: int
    ordered: OutcomeEffect
    revenue: OutcomeEffect
    margin: OutcomeEffect
    ratio_p: float
    is_void: bool
    incremental_revenue: int | None
    incremental_margin: int | None
    incremental_margin_low: int | None
    incremental_margin_high: int | None
    messages: int
    message_cost: int
    gift_cost: int
    roi: float | None
    reason: str

    @property
    def cost(self) -> int:
        """Messages and gifts. Vouchers already lower the value of the orders and are not subtracted again."""
        return self.message_cost + self.gift_cost


@dataclass(frozen=True)
class SmallestVisible:
    """The smallest effects that would be proven with 80 % probability. customers: in both arms.

    revenue: minor units per customer; ordered: points of the share that orders; base_*: the same figures in the past.
    None where the past holds no order, the audience is too small, or nobody is held out.
    """

    customers: int
    revenue: int | None
    ordered: float | None
    base_revenue: float
    base_ordered: float

    @property
    def share_with(self) -> float | None:
        """The share that orders if the smallest visible effect is there."""
        return None if self.ordered is None else min(self.base_ordered + self.ordered, 1.0)


def effect_of(measure: Measure, now: datetime) -> Effect:
    """The effect of `measure` as it is known at `now`. A constant number of queries, whatever the number of customers."""
    shop = measure.shop
    assigned = dict(
        Assignment._base_manager.filter(measure=measure, cause="measure", assigned_at__lte=now)
        .values_list("arm")
        .annotate(Count("pk"))
    )
    days, table = _sums_by_day(measure, now)
    share = float(measure.holdout_share)
    treated, holdout = assigned.get("treated", 0), assigned.get("holdout", 0)
    ratio_p = confidence.sample_ratio_p(treated, holdout, share)
    ordered, revenue, margin = (
        _outcome(key, days, table, slot) for key, slot in (("ordered", 0), ("revenue", 1), ("margin", 2))
    )
    measured_treated, measured_holdout = (int(table[arm][-1, 0]) if days else 0 for arm in (0, 1))
    messages = Message._base_manager.filter(shop=shop, measure=measure, sent_at__lte=now).count()
    message_cost = int((Decimal(messages) * shop.message_cost_minor / 1000).to_integral_value())
    gift_cost = _gift_cost(measure, now)
    cost = message_cost + gift_cost
    gain = None if margin.difference is None else margin.difference * treated
    is_void = ratio_p < BROKEN_RATIO
    reason = (
        "no_holdout" if not share else "nobody" if not treated + holdout else "too_few" if revenue.low is None else ""
    )
    return Effect(
        measure_id=measure.pk,
        at=now,
        assigned_treated=treated,
        assigned_holdout=holdout,
        measured_treated=measured_treated,
        measured_holdout=measured_holdout,
        ordered=ordered,
        revenue=revenue,
        margin=margin,
        ratio_p=ratio_p,
        is_void=is_void,
        incremental_revenue=_times(revenue.difference, treated),
        incremental_margin=_times(margin.difference, treated),
        incremental_margin_low=_times(margin.low, treated),
        incremental_margin_high=_times(margin.high, treated),
        messages=messages,
        message_cost=message_cost,
        gift_cost=gift_cost,
        roi=None if gain is None or not cost or is_void else (gain - cost) / cost,
        reason=reason,
    )


def _times(per_customer: float | None, customers: int) -> int | None:
    return None if per_customer is None else round(per_customer * customers)


def _gift_cost(measure: Measure, now: datetime) -> int:
    """Gifts that were redeemed, at the amount the offer names as their cost."""
    redeemed = VoucherRedemption._base_manager.filter(
        shop=measure.shop, voucher__measure=measure, voucher__offer__kind=Offer.Kind.GIFT, at__lte=now
    )
    return int(redeemed.aggregate(cost=Sum(F("voucher__offer__amount")))["cost"] or 0)


# ------------------------------------------------------------------------------------------------------------ the sums
_COLUMNS = 10
"""Of a row of sums: customers, customers with an order, revenue y, y², past x, x², xy, margin m, m², xm."""

_SUMS = """
WITH assigned AS (
    SELECT customer_id, arm, assigned_at, {day} AS day, {until} AS until, {since} AS since
    FROM experiments_assignment
    WHERE measure_id = %s AND cause = 'measure' AND assigned_at <= %s
), parts AS (
    SELECT customer_id, day, arm, 0 AS orders, 0 AS value, 0 AS listed, 0 AS past FROM assigned
    UNION ALL
    SELECT a.customer_id, NULL, NULL,
        CASE WHEN o.placed_at >= a.assigned_at THEN 1 ELSE 0 END,
        CASE WHEN o.placed_at >= a.assigned_at THEN o.value ELSE 0 END,
        CASE WHEN o.placed_at >= a.assigned_at THEN o.list_value ELSE 0 END,
        CASE WHEN o.placed_at < a.assigned_at THEN o.value ELSE 0 END
    FROM assigned a JOIN orders_order o ON o.customer_id = a.customer_id
    WHERE o.is_counted AND o.placed_at >= a.since AND o.placed_at < a.until
    UNION ALL
    SELECT a.customer_id, NULL, NULL, 0,
        CASE WHEN COALESCE(o.placed_at, r.refunded_at) >= a.assigned_at THEN -r.merchandise ELSE 0 END,
        CASE WHEN COALESCE(o.placed_at, r.refunded_at) >= a.assigned_at THEN -r.merchandise ELSE 0 END,
        CASE WHEN COALESCE(o.placed_at, r.refunded_at) < a.assigned_at THEN -r.merchandise ELSE 0 END
    FROM assigned a JOIN orders_refund r ON r.customer_id = a.customer_id
        LEFT JOIN orders_order o ON o.id = r.order_id
    WHERE COALESCE(o.placed_at, r.refunded_at) >= a.since AND COALESCE(o.placed_at, r.refunded_at) < a.until
        AND (o.id IS NULL OR o.is_counted)
), outcome AS (
    SELECT MAX(day) AS day, MAX(arm) AS arm, CASE WHEN SUM(orders) > 0 THEN 1 ELSE 0 END AS ordered,
        CAST(SUM(value) AS {real}) AS y, CAST(SUM(past) AS {real}) AS x,
        CAST(SUM(value) AS {real}) - %s * SUM(listed) AS gross
    FROM parts GROUP BY customer_id
)
SELECT day, arm, COUNT(*), SUM(ordered), SUM(y), SUM(y * y), SUM(x), SUM(x * x), SUM(x * y),
    SUM(gross), SUM(gross * gross), SUM(x * gross)
FROM outcome GROUP BY day, arm ORDER BY day
"""
"""Parts of each customer under each other, then summed: where sums are joined to customers, SQLite may read all of them for
each customer. gross: margin with tax in it. The cost of goods is the cost rate × list value; what was refunded came back and
costs nothing. Both are free of tax after a division by 1 + tax rate, which is done on the sums."""

_DIALECTS = {
    "sqlite": {
        "day": "date(assigned_at)",
        "until": "datetime(assigned_at, '+{window} days')",
        "since": "datetime(assigned_at, '-{before} days')",
        "real": "REAL",
        "windows_ago": "CAST((julianday(%s) - julianday(o.placed_at)) / {window} AS INTEGER)",
    },
    "postgresql": {
        "day": "(assigned_at AT TIME ZONE 'UTC')::date",
        "until": "assigned_at + interval '{window} days'",
        "since": "assigned_at - interval '{before} days'",
        "real": "double precision",
        "windows_ago": "floor(extract(epoch FROM (%s - o.placed_at)) / (86400 * {window}))",
    },
}


def _dialect(window: int) -> dict[str, str]:
    return {
        name: text.format(window=int(window), before=BEFORE_DAYS) for name, text in _DIALECTS[connection.vendor].items()
    }


def _sums_by_day(measure: Measure, now: datetime) -> tuple[list[date], tuple[Any, Any]]:
    """Days of assignment, and for treated and holdout the running sums: one row a day, columns as in `_COLUMNS`."""
    words = _dialect(measure.outcome_days)
    cutoff = connection.ops.adapt_datetimefield_value(now - timedelta(days=measure.outcome_days))
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(**words), [measure.pk, cutoff, float(measure.shop.cost_rate)])
        rows = cursor.fetchall()
    days = sorted({_day(row[0]) for row in rows})
    place = {day: number for number, day in enumerate(days)}
    table = (np.zeros((len(days), _COLUMNS)), np.zeros((len(days), _COLUMNS)))
    free = 1 / (1 + float(measure.shop.tax_rate))
    for day, arm, *sums in rows:
        values = np.array([float(value) for value in sums])
        values[7:] *= (free, free * free, free)
        table[0 if arm == Assignment.Arm.TREATED else 1][place[_day(day)]] = values
    return days, (table[0].cumsum(axis=0), table[1].cumsum(axis=0))


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _outcome(key: str, days: list[date], table: tuple[Any, Any], slot: int) -> OutcomeEffect:
    if not days:
        return OutcomeEffect(key, None, None, None, None, None, False, None, False, ())
    treated, holdout = (_sums(one, slot) for one in table)
    found = confidence.difference(treated, holdout, adjust=slot > 0)
    looks = [
        Look(day, int(found.n[at]), _known(found.estimate[at]), _known(found.low[at]), _known(found.high[at]))
        for at, day in enumerate(days)
    ]
    last = looks[-1]
    is_proven = last.low is not None and last.high is not None and (last.low > 0 or last.high < 0)
    return OutcomeEffect(
        key=key,
        treated=_known(found.treated[-1]),
        holdout=_known(found.holdout[-1]),
        difference=last.estimate,
        low=last.low,
        high=last.high,
        is_proven=is_proven,
        needed=None if is_proven else _needed(found),
        is_adjusted=bool(found.slope[-1] != 0),
        looks=looks,
    )


def _sums(table: Any, slot: int) -> Sums:
    n, hits, y, yy, x, xx, xy, m, mm, xm = table.T
    if slot == 0:
        return Sums(n, hits, hits, hits)
    return Sums(n, hits, y, yy, x, xx, xy) if slot == 1 else Sums(n, hits, m, mm, x, xx, xm)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _needed(found: Difference) -> int | None:
    estimate, variance = _known(found.estimate[-1]), _known(found.variance[-1])
    if estimate is None or variance is None or not np.isfinite(found.low[-1]):
        return None
    total = confidence.customers_needed(estimate, variance)
    return None if total is None else max(total - int(found.n[-1]), 1)


# ------------------------------------------------------------------------------------------------- before the start
def smallest_visible(
    shop: Shop, customers: Any, holdout_share: float, outcome_days: int, now: datetime, size: int | None = None
) -> SmallestVisible:
    """The smallest effect that a measure on `customers` (a QuerySet of Customer) could prove. Two queries.

    The variance is that of what these customers bought in windows of the same length over the past twelve windows: for
    customers who lapsed this is more than what they would do untreated, so that the answer errs on the careful side.
    size: how many will take part, where that is not the number of `customers`.
    """
    there = int(customers.count())
    if not there:
        return SmallestVisible(size or 0, None, None, 0.0, 0.0)
    ids, params = customers.values("pk").query.sql_with_params()
    ago = _dialect(outcome_days)["windows_ago"]
    moment = connection.ops.adapt_datetimefield_value
    since = now - timedelta(days=outcome_days * PAST_WINDOWS)
    inner = (
        f"SELECT SUM(o.value) AS y FROM orders_order o WHERE o.customer_id IN ({ids}) AND o.is_counted"
        f" AND o.placed_at >= %s AND o.placed_at < %s GROUP BY o.customer_id, {ago}"
    )
    query = f"SELECT COUNT(*), SUM(y), SUM(1.0 * y * y) FROM ({inner}) AS windows"
    with connection.cursor() as cursor:
        cursor.execute(query, [*params, moment(since), moment(now), moment(now)])
        hits, total, squares = (float(value or 0) for value in cursor.fetchone())
    cells = there * PAST_WINDOWS
    n = size if size is not None else there
    if not cells or not hits:
        return SmallestVisible(n, None, None, 0.0, 0.0)
    rate, mean = hits / cells, total / cells
    revenue = confidence.smallest_visible(n, holdout_share, squares / cells - mean * mean)
    ordered = confidence.smallest_visible(n, holdout_share, rate * (1 - rate))
    return SmallestVisible(n, None if revenue is None else round(revenue), ordered, mean, rate)
