"""Predicted customer lifetime value: how often (BG/NBD) times how much (Gamma-Gamma), discounted, with its predictive
interval.

Fader, P.S., Hardie, B.G.S., Lee, K.L. (2005), RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal
of Marketing Research 42(4), 415-430: frequency and value are independent, so that their expectations multiply. The
figure is `clv_predicted` of the KPI list: the sum over the months of the horizon of expected orders times expected
value times margin, each month discounted from its end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import bg_nbd, gamma_gamma
from .counts import FloatArray, IntArray, check_history, group
from .errors import BadInput

MONTH_DAYS = 365.25 / 12
DRAWS = 2000
"""Draws a state (x, T) for the interval: its ends are known to half a per cent of probability."""

COVERED = 0.95
"""2.5 % are left out at each end. Where the lower end is 0 nothing lies below it, so that 97.5 % are covered."""


@dataclass(frozen=True)
class Horizon:
    """The months to come: `ends` (k,) in the unit of T, `discounts` (k,) what money at each end is worth now."""

    ends: FloatArray
    discounts: FloatArray

    @classmethod
    def of_months(cls, months: int, unit_days: float, annual_discount_rate: float) -> "Horizon":
        """`months` of 30.4375 days, in a unit of `unit_days` (1 day, 7 week); the annual rate is 0.10 for ten per
        cent."""
        if months < 1 or not unit_days > 0 or not annual_discount_rate > -1:
            raise BadInput("months must be at least 1, unit_days above 0 and annual_discount_rate above -1")
        number = np.arange(1, months + 1, dtype=np.float64)
        return cls(number * (MONTH_DAYS / unit_days), (1.0 + annual_discount_rate) ** (-number / 12.0))

    @classmethod
    def of_time(cls, t: float) -> "Horizon":
        """One undiscounted span of length t in the unit of T: what a backtest compares with."""
        if not (np.isfinite(t) and t > 0):
            raise BadInput(f"the horizon must be a positive time, not {t}")
        return cls(np.array([float(t)]), np.array([1.0]))


@dataclass(frozen=True)
class Prediction:
    """Arrays of shape (n,). Money in the unit of zbar (times margin); purchases undiscounted, over the whole
    horizon."""

    p_alive: FloatArray
    expected_purchases: FloatArray
    expected_value: FloatArray
    clv: FloatArray
    clv_low: FloatArray | None
    clv_high: FloatArray | None


def predict(
    frequency: bg_nbd.Params,
    value: gamma_gamma.Params,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    zbar: npt.ArrayLike,
    horizon: Horizon,
    *,
    margin: float = 1.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Prediction:
    """CLV of n customers with its 95 % predictive interval: where the discounted margin of this very customer will
    lie, chance and all.

    zbar is the mean value of the repeat purchases (not looked at where x = 0). `draws` = 0 leaves clv_low and
    clv_high None. The interval of a customer depends on that customer and the seed alone, not on who else is
    in the call. The parameters are taken as known, so the interval is a little narrow for small shops; the backtest
    tells how much.

    Raises BadInput, and NotEnoughData `no_mean` (see `gamma_gamma.expected_value`).
    """
    counts, recency, age = check_history(x, t_x, T)
    if not (np.isfinite(margin) and margin >= 0):
        raise BadInput(f"margin must be a share of at least 0, not {margin}")
    alive = bg_nbd.p_alive(frequency, counts, recency, age)
    seen, mean = gamma_gamma.seen_values(counts, zbar)
    worth = gamma_gamma.expected_value(value, seen, mean)
    purchases, discounted = _purchases(frequency, counts, age, alive, horizon)
    clv = margin * worth * discounted
    if not draws:
        return Prediction(alive, purchases, worth, clv, None, None)
    low, high = spend_interval(frequency, value, counts, age, alive, seen, mean, horizon, draws=draws, seed=seed)
    return Prediction(alive, purchases, worth, clv, margin * low, margin * high)


def discounted_purchases(
    frequency: bg_nbd.Params, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, horizon: Horizon
) -> FloatArray:
    """Expected purchases over the horizon, each discounted from the end of its month: shape (n,). Times margin and
    expected value this is `clv` of `predict`; by itself it depends on the history alone, so that customers of one
    history need it once."""
    counts, recency, age = check_history(x, t_x, T)
    alive = bg_nbd.p_alive(frequency, counts, recency, age)
    return _purchases(frequency, counts, age, alive, horizon)[1]


def _purchases(
    frequency: bg_nbd.Params, x: IntArray, T: FloatArray, alive: FloatArray, horizon: Horizon
) -> tuple[FloatArray, FloatArray]:
    """(expected, expected and discounted) purchases over the horizon, each (n,)."""
    by_state, state = bg_nbd.expected_if_alive(frequency, horizon.ends, x, T)
    discounted = np.einsum("ij,j->i", by_state, horizon.discounts)
    return alive * by_state.sum(axis=1)[state], alive * discounted[state]


def spend_interval(
    frequency: bg_nbd.Params,
    value: gamma_gamma.Params,
    x: IntArray,
    T: FloatArray,
    alive: FloatArray,
    seen: IntArray,
    mean: FloatArray,
    horizon: Horizon,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """(low, high), each (n,): the 2.5 % and 97.5 % points of each customer's discounted spend over the horizon.
    `seen` and `mean` are x and zbar as `gamma_gamma.seen_values` gives them.

    Spend of N purchases is gamma(p N) / nu with nu ~ gamma(q + p x, gamma + x zbar): the customer's own values are
    but a scale, gamma + x zbar, on draws that depend on (x, T). Each month's purchases are a gamma of their own, so
    that it is discounted."""

    def draw(rng: np.random.Generator, repeat: int, valued: int, age: float) -> FloatArray:
        bought = bg_nbd.draw_if_alive(frequency, repeat, age, horizon.ends, (draws,), rng)
        spend = np.zeros(draws, dtype=np.float64)
        for month, discount in zip(bought, horizon.discounts, strict=True):
            some = np.flatnonzero(month)
            spend[some] += discount * rng.standard_gamma(value.p * month[some])
        return np.asarray(spend / rng.standard_gamma(value.q + value.p * valued, draws), dtype=np.float64)

    low, high = _interval(x, seen, T, alive, draw, seed)
    scale = value.gamma + seen * mean
    return low * scale, high * scale


def purchases_interval(
    frequency: bg_nbd.Params,
    x: IntArray,
    T: FloatArray,
    alive: FloatArray,
    t: float,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """(low, high), each (n,): the 2.5 % and 97.5 % points of each customer's purchases in (T, T+t]."""
    ends = Horizon.of_time(t).ends

    def draw(rng: np.random.Generator, repeat: int, valued: int, age: float) -> FloatArray:
        bought = bg_nbd.draw_if_alive(frequency, repeat, age, ends, (draws,), rng)
        return bought.reshape(draws).astype(np.float64)

    return _interval(x, x, T, alive, draw, seed)


def _interval(
    x: IntArray,
    seen: IntArray,
    T: FloatArray,
    alive: FloatArray,
    draw: Callable[[np.random.Generator, int, int, float], FloatArray],
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """The 2.5 % and 97.5 % points, each (n,), of a figure that is 0 for a customer who left and else drawn by `draw`.

    Given that the customer is active at T, what is to come depends on (x, T) alone, so `draw` is called once a
    different (x, seen, T) (T rounded to three digits, far below the noise of the draws); P(alive) only moves the
    level at which its draws are read. That is what makes millions of customers feasible. Each state has its own
    stream of random numbers, whoever else is in the call."""
    ages, age_code = np.unique(_three_digits(T), return_inverse=True)
    # seen is x, or 0 where all purchases were free.
    states, state = group((x * 2 + (seen == x)) * ages.size + age_code.reshape(-1))
    order = np.argsort(state, kind="stable")
    ends = np.cumsum(np.bincount(state, minlength=states.size))
    low, high = np.zeros(x.size), np.zeros(x.size)
    tail = (1.0 - COVERED) / 2
    begin = 0
    for key, end in zip(states, ends, strict=True):
        who = order[begin:end]
        begin = int(end)
        repeat, valued, age = int(x[who[0]]), int(seen[who[0]]), float(ages[key % ages.size])
        rng = np.random.default_rng([seed, repeat, valued, round(age * 1e6)])
        ascending = np.sort(draw(rng, repeat, valued, age))
        active = np.maximum(alive[who], np.finfo(float).tiny)
        low[who] = _read(ascending, (tail - (1.0 - active)) / active)
        high[who] = _read(ascending, ((1.0 - tail) - (1.0 - active)) / active)
    return low, high


def _read(ascending: FloatArray, level: FloatArray) -> FloatArray:
    """Quantiles of the draws at `level`; 0 where it is not above 0 (the customer is gone with that probability
    already)."""
    position = np.ceil(np.clip(level, 0.0, 1.0) * ascending.size).astype(np.int64) - 1
    position = np.maximum(position, 0)
    return np.where(level > 0, ascending[position], 0.0)


def _three_digits(T: FloatArray) -> FloatArray:
    power = np.floor(np.log10(np.maximum(T, 1e-300)))
    step = 10.0 ** (power - 2)
    return np.where(T > 0, np.rint(T / step) * step, 0.0)
