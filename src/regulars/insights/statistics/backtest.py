"""Forecast against actual: no prediction is shown without it. The models are fitted on a calibration period and asked
for the next one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import bg_nbd, gamma_gamma
from .clv import DRAWS, Horizon, predict, purchases_interval, spend_interval
from .counts import FloatArray, check_history
from .errors import BadInput


@dataclass(frozen=True)
class Backtest:
    """What was forecast for a span after the fit, and what happened. Purchases are purchase-days; money in the unit
    of zbar.

    `mae_*`: mean absolute error a customer. `coverage_*`: share of customers whose actual figure lay in their 95 %
    interval. The fields about spend are None where no values were given."""

    customers: int
    horizon: float
    predicted_purchases: float
    actual_purchases: float
    mae_purchases: float
    coverage_purchases: float
    predicted_spend: float | None
    actual_spend: float | None
    mae_spend: float | None
    coverage_spend: float | None
    draws: int


def backtest(
    frequency: bg_nbd.Params,
    value: gamma_gamma.Params | None,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    t: float,
    actual_purchases: npt.ArrayLike,
    *,
    zbar: npt.ArrayLike | None = None,
    actual_spend: npt.ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Backtest:
    """Forecast (T, T+t] from the calibration history (x, t_x, T, zbar) and parameters fitted on it; compare with what
    then happened.

    `actual_purchases` and `actual_spend` have shape (n,), 0 for who did not come. Spend is compared when `value`,
    `zbar` and `actual_spend` are all given."""
    counts, recency, age = check_history(x, t_x, T)
    came = _actual("actual_purchases", actual_purchases, counts.size)
    horizon = Horizon.of_time(t)
    expected = bg_nbd.expected_purchases(frequency, t, counts, recency, age)
    alive = bg_nbd.p_alive(frequency, counts, recency, age)
    low, high = purchases_interval(frequency, counts, age, alive, t, draws=draws, seed=seed)
    predicted_spend = spent = mae_spend = coverage_spend = None
    if value is not None and zbar is not None and actual_spend is not None:
        money = _actual("actual_spend", actual_spend, counts.size)
        forecast = predict(frequency, value, counts, recency, age, zbar, horizon, draws=0).clv
        seen, mean = gamma_gamma.seen_values(counts, zbar)
        least, most = spend_interval(frequency, value, counts, age, alive, seen, mean, horizon, draws=draws, seed=seed)
        predicted_spend, spent = float(forecast.sum()), float(money.sum())
        mae_spend = float(np.abs(forecast - money).mean())
        coverage_spend = float(((least <= money) & (money <= most)).mean())
    return Backtest(
        customers=counts.size,
        horizon=float(t),
        predicted_purchases=float(expected.sum()),
        actual_purchases=float(came.sum()),
        mae_purchases=float(np.abs(expected - came).mean()),
        coverage_purchases=float(((low <= came) & (came <= high)).mean()),
        predicted_spend=predicted_spend,
        actual_spend=spent,
        mae_spend=mae_spend,
        coverage_spend=coverage_spend,
        draws=draws,
    )


def _actual(name: str, values: npt.ArrayLike, customers: int) -> FloatArray:
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if customers == 0:
        raise BadInput("a backtest needs at least one customer")
    if array.shape != (customers,) or not np.isfinite(array).all():
        raise BadInput(f"{name} must be {customers} finite numbers")
    return array
