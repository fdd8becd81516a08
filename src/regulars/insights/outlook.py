"""The outlook of all customers together at the ends of many days: what the predicted figures of a year of months need.

Customers of one history (x, t_x, T) expect the same number of purchases, and what a purchase of theirs is worth grows in
proportion to what they spent; so histories are counted where the orders lie, and each is computed once for all the days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from regulars.core.money import digits

from .figures import Ask
from .scores import DISCOUNT_RATE, HORIZON_MONTHS, Fitted, last_fit
from .statistics import bg_nbd, gamma_gamma
from .statistics.clv import Horizon, discounted_purchases
from .statistics.errors import NotEnoughData
from .summary import sql_through
from .warehouse import literal

FloatArray = npt.NDArray[np.float64]

HISTORIES = """
    SELECT x, t_x, T, is_valued, COUNT(*) AS customers, SUM(later)::BIGINT AS later FROM (
        SELECT days - 1 AS x, last_day - first_day AS t_x, {day} - first_day AS T,
               value - first_day_value AS later, days > 1 AND value > first_day_value AS is_valued
        FROM ({summary})
    ) GROUP BY ALL
"""


@dataclass(frozen=True)
class Outlook:
    """Sums over all customers at the end of a day, from the newest fit. clv: in major units; None without a value model.

    risk: 1 − P(alive), over the repeat_customers only: BG/NBD holds everyone with one purchase for alive.
    """

    customers: int
    repeat_customers: int
    risk: float
    clv: float | None


@dataclass(frozen=True)
class _Histories:
    """Different histories of one day, arrays of shape (m,): times in the unit of the fit; `customers` have each of them.

    later: value of all their repeat purchase-days in major units; is_valued: that it is above 0.
    """

    x: npt.NDArray[np.int64]
    t_x: FloatArray
    T: FloatArray
    is_valued: npt.NDArray[np.bool_]
    customers: FloatArray
    later: FloatArray


def outlooks(ask: Ask, days: Sequence[date]) -> dict[date, Outlook] | None:
    """The outlook at the end of each of `days`, computed once a call; None where no model has been fitted yet."""
    if "outlooks" not in ask.kept:
        ask.kept["outlooks"] = _outlooks(ask, sorted(set(days)))
    kept: dict[date, Outlook] | None = ask.kept["outlooks"]
    return kept


def _outlooks(ask: Ask, days: Sequence[date]) -> dict[date, Outlook] | None:
    fitted = last_fit(ask.shop)
    if fitted is None:
        return None
    found = [_histories(ask, day, fitted.unit_days) for day in days]
    if not found:
        return {}
    x, t_x, T = (np.concatenate([getattr(one, name) for one in found]) for name in ("x", "t_x", "T"))
    alive = bg_nbd.p_alive(fitted.frequency, x, t_x, T)
    horizon = Horizon.of_months(HORIZON_MONTHS, fitted.unit_days, DISCOUNT_RATE)
    expected = None if fitted.value is None else discounted_purchases(fitted.frequency, x, t_x, T, horizon)
    ends = np.cumsum([one.x.size for one in found])
    made = {}
    for day, one, end in zip(days, found, ends, strict=True):
        here = slice(int(end) - one.x.size, int(end))
        worth = None if expected is None else _worth(fitted, one)
        repeats = one.x > 0
        made[day] = Outlook(
            int(one.customers.sum()),
            int(one.customers[repeats].sum()),
            float(((1 - alive[here]) * one.customers)[repeats].sum()),
            None if worth is None or expected is None else ask.margin * float((worth * expected[here]).sum()),
        )
    return made


def _histories(ask: Ask, day: date, unit_days: float) -> _Histories:
    found: dict[str, Any] = ask.arrays(HISTORIES.format(day=literal(day), summary=sql_through(ask.snapshot, day)))
    return _Histories(
        found["x"].astype(np.int64, copy=False),
        found["t_x"] / unit_days,
        found["T"] / unit_days,
        found["is_valued"].astype(np.bool_, copy=False),
        found["customers"].astype(np.float64),
        found["later"] / 10 ** digits(ask.shop.currency),
    )


def _worth(fitted: Fitted, one: _Histories) -> FloatArray | None:
    """Expected value of a purchase, summed over the customers of each history (their mean times their number)."""
    assert fitted.value is not None
    seen = np.where(one.is_valued, one.x, 0)
    mean = one.later / (np.maximum(one.x, 1) * one.customers)
    try:
        return one.customers * gamma_gamma.expected_value(fitted.value, seen, mean)
    except NotEnoughData:
        return None
