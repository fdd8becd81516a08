"""Scores: what each customer is expected to do, by BG/NBD and Gamma-Gamma fitted on this shop's own orders.

A purchase is a customer-day with a counted order. Fits are kept as ModelFit rows; scores are computed from the facts and
the newest fit, written to the customers' profiles, and shown with the forecast held against what happened.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.money import digits
from regulars.know.customers.models import Customer

from . import facts
from .actions import keep_fit
from .figures import Ask
from .models import ModelFit
from .snapshot import Snapshot
from .statistics import bg_nbd, gamma_gamma
from .statistics.backtest import backtest
from .statistics.clv import Horizon, Prediction, predict
from .statistics.errors import NotEnoughData
from .summary import Summary, days_after, through
from .warehouse import Warehouse, literal, open_snapshot

UNITS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
HORIZON_MONTHS = 12
DISCOUNT_RATE = 0.10
BG_NBD, GAMMA_GAMMA = "bg_nbd", "gamma_gamma"
LEAST_BACKTEST_DAYS = 28
TRACKED = 13
"""Spans at most in which a backtest is followed."""
DRAWS, FEWER_DRAWS = 1000, 400
MANY = 200_000
"""Draws for the intervals of all customers: their ends are known to half a per cent of probability; of shops with many
customers to 0.8 per cent, so that a million are scored in seconds."""

EXPORT_COLUMNS = (
    "customer",
    "recency_days",
    "frequency",
    "monetary",
    "R",
    "F",
    "M",
    "x",
    "t_x",
    "T",
    "p_alive",
    "expected_orders",
    "clv",
    "clv_low",
    "clv_high",
)


@dataclass(frozen=True)
class Fitted:
    """The newest fit of a shop. value None: too few repeat buyers to tell what a purchase is worth."""

    until: date
    unit: str
    frequency: bg_nbd.Params
    value: gamma_gamma.Params | None
    backtest: dict[str, Any] | None

    @property
    def unit_days(self) -> float:
        return UNITS[self.unit]


@dataclass(frozen=True)
class Scores:
    """Scores through `summary.day`, arrays of shape (n,) beside those of the summary; money in major units.

    clv, clv_low, clv_high are NaN where no value model could be fitted, and everything is where there is no fit at all.
    """

    summary: Summary
    unit: str
    fit_until: date | None
    p_alive: npt.NDArray[np.float64]
    expected_orders: npt.NDArray[np.float64]
    clv: npt.NDArray[np.float64]
    clv_low: npt.NDArray[np.float64]
    clv_high: npt.NDArray[np.float64]

    @property
    def churn_risk(self) -> npt.NDArray[np.float64]:
        """1 − P(alive); NaN for one purchase only, whom BG/NBD holds for alive."""
        return np.where(self.summary.x() > 0, 1 - self.p_alive, np.nan)


def fit(shop: Shop, until: date | None, unit: str, *, now: datetime, with_backtest: bool = True) -> dict[str, Any]:
    """Fits both models on the orders through `until` (default: the day of the last order), stores and returns them.

    → {"models": [{"key", "params", "log_likelihood", "customers"}], "backtest": {…}}. Raises Refused when there is too
    little to fit BG/NBD on.
    """
    if unit not in UNITS:
        raise Refused(f"the unit must be one of {', '.join(UNITS)}, not {unit!r}")
    snapshot = facts.fresh(shop, now)
    last = _last_day(snapshot)
    day = until or last
    with open_snapshot(snapshot) as warehouse:
        summary = through(warehouse, snapshot, day)
        try:
            frequency, value = _fit(summary, UNITS[unit], shop)
        except NotEnoughData as error:
            raise Refused(f"no model can be fitted on the orders through {day}: {error}") from error
        told = _backtest(shop, snapshot, warehouse, summary, frequency, value, unit, last) if with_backtest else None
    models = [_model(BG_NBD, frequency, ("r", "alpha", "a", "b"))]
    if value is not None:
        models.append(_model(GAMMA_GAMMA, value, ("p", "q", "gamma")))
    keep_fit(shop, models, told, day, unit, now)
    return {"models": models, "backtest": told}


def last_fit(shop: Shop) -> Fitted | None:
    """The newest fit; None before the first."""
    rows = ModelFit._base_manager.filter(shop=shop).order_by("-fitted_at", "-pk")
    frequency = rows.filter(key=BG_NBD).first()
    if frequency is None:
        return None
    value = rows.filter(key=GAMMA_GAMMA, fitted_at=frequency.fitted_at, until=frequency.until).first()
    return Fitted(
        frequency.until,
        frequency.unit,
        bg_nbd.Params(**frequency.params),
        gamma_gamma.Params(**value.params) if value else None,
        frequency.backtest,
    )


def at(shop: Shop, day: date | None = None, *, now: datetime, draws: int | None = None) -> Scores:
    """Scores from the orders through `day` (default: the day of the last order) and the parameters of the last fit."""
    snapshot = facts.fresh(shop, now)
    with open_snapshot(snapshot) as warehouse:
        return score(shop, snapshot, warehouse, day or _last_day(snapshot), now=now, draws=draws)


def score(
    shop: Shop, snapshot: Snapshot, warehouse: Warehouse, day: date, *, now: datetime, draws: int | None = None
) -> Scores:
    """As `at`, in an open warehouse."""
    summary = through(warehouse, snapshot, day)
    if draws is None:
        draws = DRAWS if len(summary) <= MANY else FEWER_DRAWS
    fitted = last_fit(shop)
    nothing = np.full(len(summary), np.nan)
    if fitted is None or not len(summary):
        return Scores(summary, "week", None, nothing, nothing, nothing, nothing, nothing)
    margin = Ask(shop, snapshot, warehouse, [], now).margin
    x, t_x, T = summary.x(), summary.t_x(fitted.unit_days), summary.T(fitted.unit_days)
    horizon = Horizon.of_months(HORIZON_MONTHS, fitted.unit_days, DISCOUNT_RATE)
    if fitted.value is not None:
        try:
            made: Prediction = predict(
                fitted.frequency,
                fitted.value,
                x,
                t_x,
                T,
                summary.zbar(10 ** digits(shop.currency)),
                horizon,
                margin=margin,
                draws=draws,
            )
        except NotEnoughData:
            pass
        else:
            return Scores(
                summary,
                fitted.unit,
                fitted.until,
                made.p_alive,
                made.expected_purchases,
                made.clv,
                nothing if made.clv_low is None else made.clv_low,
                nothing if made.clv_high is None else made.clv_high,
            )
    expected = bg_nbd.expected_purchases(fitted.frequency, float(horizon.ends[-1]), x, t_x, T)
    alive = bg_nbd.p_alive(fitted.frequency, x, t_x, T)
    return Scores(summary, fitted.unit, fitted.until, alive, expected, nothing, nothing, nothing)


def export(shop: Shop, day: date | None, path: Path, *, now: datetime) -> int:
    """Writes the scores through `day` as CSV, one row a customer by the shop's own id; returns the number of rows."""
    found = at(shop, day, now=now)
    numbers = dict(Customer._base_manager.filter(shop=shop).values_list("pk", "number"))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(EXPORT_COLUMNS)
        writer.writerows(_export_rows(found, numbers, digits(shop.currency)))
    return len(found.summary)


def _export_rows(found: Scores, numbers: dict[int, str], places: int) -> Iterator[list[Any]]:
    summary = found.summary
    unit_days = UNITS[found.unit]
    columns = zip(
        summary.customer_id.tolist(),
        summary.recency_days.tolist(),
        summary.orders.tolist(),
        summary.value.tolist(),
        summary.r.tolist(),
        summary.f.tolist(),
        summary.m.tolist(),
        summary.x().tolist(),
        summary.t_x(unit_days).tolist(),
        summary.T(unit_days).tolist(),
        found.p_alive.tolist(),
        found.expected_orders.tolist(),
        found.clv.tolist(),
        found.clv_low.tolist(),
        found.clv_high.tolist(),
        strict=True,
    )
    for customer, recency, orders, value, r, f, m, x, t_x, T, alive, expected, clv, low, high in columns:
        yield [
            numbers.get(customer, f"#{customer}"),
            recency,
            orders,
            f"{value / 10**places:.{places}f}",
            r,
            f,
            m,
            x,
            f"{t_x:.6g}",
            f"{T:.6g}",
            *(_cell(number, 6) for number in (alive, expected)),
            *(_cell(number, places) for number in (clv, low, high)),
        ]


def _cell(number: float, places: int) -> str:
    """Empty for what cannot be told, never 0."""
    return "" if np.isnan(number) else f"{number:.{places}f}"


def _fit(summary: Summary, unit_days: float, shop: Shop) -> tuple[bg_nbd.Params, gamma_gamma.Params | None]:
    x = summary.x()
    frequency = bg_nbd.fit(x, summary.t_x(unit_days), summary.T(unit_days))
    zbar = summary.zbar(10 ** digits(shop.currency))
    valued = (x > 0) & (zbar > 0)
    try:
        value = gamma_gamma.fit(x[valued], zbar[valued])
    except NotEnoughData:
        value = None
    return frequency, value


def _backtest(
    shop: Shop,
    snapshot: Snapshot,
    warehouse: Warehouse,
    summary: Summary,
    frequency: bg_nbd.Params,
    value: gamma_gamma.Params | None,
    unit: str,
    last: date,
) -> dict[str, Any] | None:
    """The forecast of the days after the fit, held against them; where there are none, the last third of the history is
    forecast from a fit on the days before it."""
    calibration, fitted = summary, (frequency, value)
    if last <= summary.day:
        assert snapshot.first_day is not None
        span = min(365, (summary.day - snapshot.first_day).days // 3)
        if span < LEAST_BACKTEST_DAYS:
            return None
        last = summary.day
        calibration = through(warehouse, snapshot, last - timedelta(days=span))
        try:
            fitted = _fit(calibration, UNITS[unit], shop)
        except NotEnoughData:
            return None
    days, money = days_after(warehouse, calibration, last)
    horizon = (last - calibration.day).days / UNITS[unit]
    minor = 10 ** digits(shop.currency)
    told = backtest(
        fitted[0],
        fitted[1],
        calibration.x(),
        calibration.t_x(UNITS[unit]),
        calibration.T(UNITS[unit]),
        horizon,
        days,
        zbar=calibration.zbar(minor),
        actual_spend=money / minor,
    )
    track = _track(warehouse, calibration, fitted[0], UNITS[unit], last)
    return {
        "fitted_until": calibration.day.isoformat(),
        "until": last.isoformat(),
        "unit": unit,
        **asdict(told),
        "track": track,
    }


def _track(
    warehouse: Warehouse, calibration: Summary, frequency: bg_nbd.Params, unit_days: float, last: date
) -> list[dict[str, Any]]:
    """Forecast and actual repeat purchases of the backtest in spans of whole weeks: [{"end", "predicted", "actual"}]."""
    days = (last - calibration.day).days
    step = 7 * max(1, -(-days // (7 * TRACKED)))
    ends = [*range(step, days, step), days]
    expected = bg_nbd.expected_by_month(
        frequency,
        [end / unit_days for end in ends],
        calibration.x(),
        calibration.t_x(unit_days),
        calibration.T(unit_days),
    ).sum(axis=0)
    actual = [0] * len(ends)
    for row in warehouse.rows(
        f"""
        SELECT (day - {literal(calibration.day)} - 1) // {step} AS span, COUNT(DISTINCT (customer_id, day)) AS purchases
        FROM orders JOIN (SELECT DISTINCT customer_id FROM orders WHERE day <= {literal(calibration.day)})
             USING (customer_id)
        WHERE day > {literal(calibration.day)} AND day <= {literal(last)} GROUP BY span
        """
    ):
        actual[row["span"]] = row["purchases"]
    return [
        {"end": (calibration.day + timedelta(days=end)).isoformat(), "predicted": float(p), "actual": a}
        for end, p, a in zip(ends, expected, actual, strict=True)
    ]


def _model(key: str, params: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "key": key,
        "params": {name: getattr(params, name) for name in names},
        "log_likelihood": params.log_likelihood,
        "customers": int(params.customers),
        "at_boundary": list(params.boundary),
    }


def _last_day(snapshot: Snapshot) -> date:
    if snapshot.last_day is None:
        raise Refused("the shop has no counted orders yet: import some first")
    return snapshot.last_day
