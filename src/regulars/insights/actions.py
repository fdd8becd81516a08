"""Verbs of insights: keep a fit, write scores into the customers' profiles."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction

from regulars.core.actions import audit
from regulars.core.models import Shop
from regulars.core.money import digits
from regulars.decide.segments.actions import write_scores

from .models import ModelFit, SnapshotState

if TYPE_CHECKING:
    from .scores import Scores

BATCH = 5000
"""Profiles a transaction: SQLite's writers wait less than 100 ms."""


@transaction.atomic
def keep_fit(
    shop: Shop, models: list[dict[str, Any]], backtest: dict[str, Any] | None, until: date, unit: str, now: datetime
) -> None:
    """Stores the models of one fit, with the backtest beside the first."""
    for place, model in enumerate(models):
        ModelFit._base_manager.create(
            shop=shop,
            key=model["key"],
            until=until,
            unit=unit,
            params=model["params"],
            log_likelihood=model["log_likelihood"],
            customers=model["customers"],
            backtest=None if place else backtest,
            fitted_at=now,
        )
    audit("scores.fitted", now=now, shop=shop, until=until.isoformat(), unit=unit, models=[m["key"] for m in models])


def score_profiles(shop: Shop, scores: "Scores", now: datetime) -> int:
    """Writes the scores into the profiles, in batches; returns how many. Customers without a profile are left out."""
    written = 0
    for batch in _batches(scores, 10 ** digits(shop.currency)):
        written += write_scores(shop, batch, now)
    SnapshotState._base_manager.filter(shop=shop).update(scored_at=now)
    return written


def _batches(scores: "Scores", minor: int) -> Iterator[dict[int, dict[str, Any]]]:
    summary = scores.summary
    columns: dict[str, list[Any]] = {
        "p_alive": _numbers(scores.p_alive),
        "churn_risk": _numbers(scores.churn_risk),
        "expected_orders": _numbers(scores.expected_orders),
        "clv": _amounts(scores.clv, minor),
        "clv_low": _amounts(scores.clv_low, minor),
        "clv_high": _amounts(scores.clv_high, minor),
        "r": summary.r.tolist(),
        "f": summary.f.tolist(),
        "m": summary.m.tolist(),
    }
    customers = summary.customer_id.tolist()
    names = tuple(columns)
    for start in range(0, len(customers), BATCH):
        rows = zip(*(column[start : start + BATCH] for column in columns.values()), strict=True)
        yield {
            customer: dict(zip(names, row, strict=True))
            for customer, row in zip(customers[start : start + BATCH], rows, strict=True)
        }


def _numbers(values: Any) -> list[float | None]:
    """NaN becomes None: what cannot be told is unknown, not 0."""
    return [None if value != value else value for value in values.tolist()]


def _amounts(values: Any, minor: int) -> list[int | None]:
    return [None if value != value else int(value) for value in np.rint(values * minor).tolist()]
