"""Figure and Kpi: what a figure says, how one is declared, and the common ways to compute one.

A KPI is one function in a file of `kpis/`, found by folder:

    @kpi("returning_share", unit=Unit.SHARE, title=_("Returning customers"), definition=_("…"))
    def returning_share(ask: Ask) -> list[Measured]:
        return ratios(ask, "SELECT i, … AS numerator, … AS denominator FROM standing GROUP BY i")

It gets all periods at once and answers with one Measured for each, so that a year by months is one query.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from math import sqrt
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.money import digits

from .periods import Period
from .snapshot import Snapshot
from .warehouse import Warehouse

ACTIVITY_WINDOW = 365
"""W of KPIS.md, in days: who bought within W is an active customer."""


class Unit(StrEnum):
    """What a value counts. MONEY is in the shop's currency; SHARE is a fraction of 1."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    NUMBER = "number"
    DAYS = "days"


REASONS: dict[str, Any] = {
    "no_data": _("No counted orders lie in or around this period."),
    "empty_denominator": _("Nobody and nothing to divide by."),
    "history_too_short": _("The orders do not reach back a whole activity window before the period."),
    "period_too_long": _("The period is longer than the activity window."),
    "returns_name_no_order": _("The returns do not say which order they belong to."),
    "no_returns": _("The shop has reported no returns."),
    "no_discounts": _("The shop has reported no order with a discount."),
    "not_reached": _("Fewer than half of the relationships have ended so far."),
    "no_fit": _("No model has been fitted on the orders yet."),
    "too_few": _("Too few cases."),
    "no_messages": _("Nothing was sent in this period."),
    "no_tracked": _("No message of this period went to somebody who agreed to measuring."),
    "no_responses": _("Nobody has responded so far."),
    "no_contacts": _("Nobody was contacted in this period."),
    "no_costs": _("No costs of this period have been entered."),
    "no_birthday_mails": _("No birthday mails went out in this period."),
}
"""Why a figure is null: key → sentence."""


@dataclass(frozen=True)
class Measured:
    """The answer for one period. Money is in minor units here. reason: a key of REASONS where value is None."""

    value: int | float | Decimal | None
    numerator: int | float | Decimal | None = None
    denominator: int | float | Decimal | None = None
    interval: tuple[float | Decimal, float | Decimal] | None = None
    reason: str | None = None
    detail: dict[str, Any] | None = None


@dataclass(frozen=True)
class Figure:
    """A Measured with its name: money is a Decimal in major units. period None: a table over all time (`detail`)."""

    key: str
    period: Period | None
    value: int | float | Decimal | None
    numerator: int | float | Decimal | None = None
    denominator: int | float | Decimal | None = None
    interval: tuple[float | Decimal, float | Decimal] | None = None
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form of `./regulars kpis --json`; what belongs to a table lies beside the key."""
        if self.period is None:
            return {"key": self.key, **self.detail}
        return {
            "key": self.key,
            "period": [self.period.start.isoformat(), self.period.end.isoformat()],
            "value": self.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "interval": list(self.interval) if self.interval else None,
            "reason": self.reason,
            **self.detail,
        }


@dataclass
class Ask:
    """What a KPI is asked: the facts, the periods, and the shop whose rates apply.

    Tables: those of facts.py; `periods` (i, p_start, p_end, q_start = start of the period
    before, w_start = p_start − W, e_start = p_end − W); those of DERIVED, made when they are first named.
    kept: what two KPIs of one call share. measure_id: only what this measure sent counts, in figures of communication.
    """

    shop: Shop
    snapshot: Snapshot
    warehouse: Warehouse
    periods: Sequence[Period]
    now: datetime
    window: int = ACTIVITY_WINDOW
    measure_id: int | None = None
    kept: dict[Any, Any] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        self.prepare(sql)
        return self.warehouse.rows(sql)

    def arrays(self, sql: str) -> dict[str, Any]:
        """One numpy array a column; days are numbers since 1970-01-01."""
        self.prepare(sql)
        return self.warehouse.arrays(sql)

    def prepare(self, sql: str) -> None:
        """Computes the derived tables that `sql` names, once."""
        for name, made_by in DERIVED.items():
            if name in sql and name not in self._kept:
                self._kept.add(name)
                asked = made_by.replace(
                    "OF_MEASURE", "TRUE" if self.measure_id is None else f"measure_id = {self.measure_id}"
                )
                self.prepare(asked)
                self.warehouse.keep(name, asked)

    def give_periods(self) -> None:
        window = timedelta(days=self.window)
        columns: dict[str, list[Any]] = {
            "i": list(range(len(self.periods))),
            "p_start": [p.start for p in self.periods],
            "p_end": [p.end for p in self.periods],
            "q_start": [p.previous().start for p in self.periods],
            "w_start": [p.start - window for p in self.periods],
            "e_start": [p.end - window for p in self.periods],
        }
        self.warehouse.give("periods", columns, {name: pa.date32() for name in columns} | {"i": pa.int64()})

    def over(self, periods: Sequence[Period]) -> "Ask":
        """The same for other periods; this one is over, for there is one table of periods. What does not depend on them
        stays."""
        kept = {name for name in self._kept if "periods" not in DERIVED[name]}
        other = replace(self, periods=periods, kept={}, _kept=kept)
        other.give_periods()
        return other

    @cached_property
    def covered(self) -> list[bool]:
        """Of each period whether it meets the span of days for which there are orders."""
        first, last = self.snapshot.first_day, self.snapshot.last_day
        if first is None or last is None:
            return [False] * len(self.periods)
        return [p.start <= last and first < p.end for p in self.periods]

    @cached_property
    def margin(self) -> float:
        """Share of an order's value (tax in, after discounts) that is left after tax and cost of goods.

        KPIS.md: margin = tax-free value − cost rate × tax-free list value; list over paid value as over all orders.
        """
        row = self.rows("SELECT SUM(value) AS paid, SUM(GREATEST(list_value, value)) AS listed FROM orders")[0]
        dearer = float(row["listed"]) / float(row["paid"]) if row["paid"] else 1.0
        return max(0.0, (1 - float(self.shop.cost_rate) * dearer) / (1 + float(self.shop.tax_rate)))


DERIVED = {
    # One row a counted order of a known customer: n, its place in the customer's life (1 = first ever).
    "sequence": """
        SELECT customer_id, order_id, day, value, discount, units,
               ROW_NUMBER() OVER life AS n, LAG(day) OVER life AS previous_day,
               MIN(day) OVER (PARTITION BY customer_id) AS first_day
        FROM orders WHERE customer_id IS NOT NULL
        WINDOW life AS (PARTITION BY customer_id ORDER BY moment, order_id)
    """,
    # One row a period and customer who ordered in the window or the period before it, or in it.
    "standing": """
        SELECT i, customer_id, MIN(first_day) AS first_day, ANY_VALUE(p_start) AS p_start,
               COUNT(*) FILTER (day >= p_start) AS orders,
               BOOL_OR(day >= p_start) AS in_period,
               BOOL_OR(day >= q_start AND day < p_start) AS in_previous,
               BOOL_OR(day >= w_start AND day < p_start) AS at_start,
               BOOL_OR(day >= e_start) AS at_end
        FROM periods JOIN sequence ON day >= LEAST(q_start, w_start) AND day < p_end
        GROUP BY i, customer_id
    """,
    # Messages handed over, of the measure that is asked for.
    "mailings": "SELECT * FROM messages WHERE OF_MEASURE",
    # Each counted order with the message it is owed to: the last click within 5 days before it, else the last open within 1.
    "attributed": """
        SELECT order_id, ANY_VALUE(customer_id) AS customer_id, ANY_VALUE(value) AS value, ANY_VALUE(day) AS day,
               ANY_VALUE(ordered) AS moment,
               COALESCE(ARG_MAX(message_id, responded) FILTER (kind = 2),
                        ARG_MAX(message_id, responded) FILTER (kind = 1)) AS message_id
        FROM (
            SELECT o.order_id, o.customer_id, o.value, o.day, o.moment AS ordered, r.message_id, r.kind, r.moment AS responded
            FROM orders o JOIN responses r ON r.customer_id = o.customer_id AND r.moment <= o.moment
                AND r.moment > o.moment - INTERVAL 5 DAY
            WHERE r.kind = 2 OR (r.kind = 1 AND r.moment > o.moment - INTERVAL 1 DAY)
        )
        GROUP BY order_id
    """,
    # One row a message handed over: what came of it, and when its customer first responded (click, reply, order owed to it).
    "outcomes": """
        SELECT m.*, r.opened_at, r.clicked_at, r.replied_at, a.ordered_at, a.revenue,
               LEAST(r.clicked_at, r.replied_at, a.ordered_at) AS responded_at
        FROM mailings m
        LEFT JOIN (
            SELECT message_id, MIN(moment) FILTER (kind = 1) AS opened_at, MIN(moment) FILTER (kind = 2) AS clicked_at,
                   MIN(moment) FILTER (kind = 3) AS replied_at
            FROM responses GROUP BY message_id
        ) r ON r.message_id = m.message_id
        LEFT JOIN (
            SELECT message_id, MIN(moment) AS ordered_at, SUM(value) AS revenue FROM attributed GROUP BY message_id
        ) a ON a.message_id = m.message_id
    """,
    # What the shop did to customers on purpose.
    "approaches": "SELECT * FROM contacts WHERE OF_MEASURE",
}

Compute = Callable[[Ask], list[Measured]]


@dataclass(frozen=True)
class Kpi:
    """A definition. version and since: a changed definition is a new series from that date on (KPIS.md, Contract).

    rows: what lies behind it, ("orders" or "customers", SQL that gives order_id or customer_id for the one period asked).
    money: which parts are money (minor units in a Measured). family: a common name under which it may be asked for.
    is_table: it is one answer over all periods together, given in `detail`.
    """

    key: str
    version: int
    since: date
    title: Any
    definition: Any
    unit: Unit
    compute: Compute
    money: frozenset[str]
    family: str
    is_table: bool
    rows: tuple[str, str] | None


KPIS: dict[str, Kpi] = {}
FIRST = date(2026, 11, 25)


def kpi(
    key: str,
    *,
    unit: Unit,
    title: Any,
    definition: Any,
    version: int = 1,
    since: date = FIRST,
    money: Sequence[str] | None = None,
    family: str = "",
    is_table: bool = False,
    rows: tuple[str, str] | None = None,
) -> Callable[[Compute], Compute]:
    """Declares a KPI. Keys are those of the figures' list; two of one name are a defect."""

    def declare(compute: Compute) -> Compute:
        if key in KPIS:
            raise ValueError(f"two KPIs are called {key!r}")
        parts = money if money is not None else (("value", "numerator") if unit is Unit.MONEY else ())
        KPIS[key] = Kpi(key, version, since, title, definition, unit, compute, frozenset(parts), family, is_table, rows)
        return compute

    return declare


def counts(ask: Ask, sql: str) -> list[Measured]:
    """From rows (i, value): that many; a period without such a row has 0, a period without any data has none."""
    found = {row["i"]: row["value"] or 0 for row in ask.rows(sql)}
    return [
        Measured(int(found.get(i, 0)), numerator=int(found.get(i, 0))) if ask.covered[i] else missing("no_data")
        for i in range(len(ask.periods))
    ]


def ratios(ask: Ask, sql: str, *, is_share: bool = True, null: Sequence[str | None] | None = None) -> list[Measured]:
    """From rows (i, numerator, denominator): their quotient, for shares with Wilson's interval.

    null: of each period the reason why there is no value, whatever the rows say.
    """
    found = {row["i"]: row for row in ask.rows(sql)}
    made = []
    for i in range(len(ask.periods)):
        if not ask.covered[i]:
            made.append(missing("no_data"))
        elif null is not None and null[i] is not None:
            made.append(missing(null[i]))
        else:
            row = found.get(i) or {"numerator": 0, "denominator": 0}
            made.append(ratio(int(row["numerator"] or 0), int(row["denominator"] or 0), is_share=is_share))
    return made


def ratio(numerator: int, denominator: int, *, is_share: bool = True) -> Measured:
    """The quotient, None with `empty_denominator` where there is nothing to divide by."""
    if not denominator:
        return Measured(None, numerator, denominator, reason="empty_denominator")
    value = numerator / denominator
    interval = wilson(numerator, denominator) if is_share and 0 <= numerator <= denominator else None
    return Measured(value, numerator, denominator, interval)


def means(ask: Ask, sql: str) -> list[Measured]:
    """From rows (i, numerator, denominator) of minor units and cases: the mean amount, exact to a hundredth of a minor unit."""
    made = ratios(ask, sql, is_share=False)
    cent = Decimal("0.01")
    return [
        one
        if one.value is None
        else Measured(
            (Decimal(int(one.numerator or 0)) / Decimal(int(one.denominator or 1))).quantize(cent),
            one.numerator,
            one.denominator,
        )
        for one in made
    ]


def missing(reason: str | None) -> Measured:
    assert reason in REASONS
    return Measured(None, reason=reason)


def wilson(successes: float, n: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """The 95 % score interval of a proportion: Wilson, E.B. (1927), Probable Inference, JASA 22(158), 209-212."""
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def figure(one: Kpi, period: Period | None, measured: Measured, currency: str) -> Figure:
    """The Measured with its name, its money in major units."""

    def part(name: str, value: Any) -> Any:
        return to_major(value, currency) if name in one.money and value is not None else value

    interval = measured.interval
    if interval is not None and "value" in one.money:
        interval = (to_major(interval[0], currency), to_major(interval[1], currency))
    return Figure(
        one.key,
        period,
        part("value", measured.value),
        part("numerator", measured.numerator),
        part("denominator", measured.denominator),
        interval,
        measured.reason,
        measured.detail or {},
    )


def to_major(minor: float | Decimal, currency: str) -> Decimal:
    """Minor units, perhaps with a fraction (a mean), as Decimal major units to at most a hundredth of a minor unit."""
    exact = minor if isinstance(minor, Decimal | int) else Decimal(repr(minor)).quantize(Decimal("0.01"))
    return Decimal(exact).scaleb(-digits(currency))
