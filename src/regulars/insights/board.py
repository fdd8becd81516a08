"""The figures of the overview, computed once a snapshot and kept as a file beside it, so that a page reads one file."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from regulars.core.models import Shop
from regulars.core.money import digits

from . import facts, kpis, snapshot
from .figures import KPIS, Figure, Unit
from .models import ModelFit
from .periods import Period, add_months, month_of
from .snapshot import Snapshot

FORMAT = 1
SPANS_OF_DAYS = {"30": 30, "90": 90, "365": 365}
DEFAULT = "90"
MONTHS = 13
"""Shown in trends: a year, and the month of the year before beside it."""
COHORTS = 13

TILES = (
    "revenue",
    "orders",
    "customers",
    "new_customers",
    "aov",
    "customer_retention_rate",
    "repurchase_rate",
    "returning_share",
    "second_order_rate_90",
    "median_days_between_orders",
    "clv_predicted",
    "churn_risk",
)
SCORED = ("clv_predicted", "churn_risk")
"""Scoring everybody for each month of a trend would take longer than it tells: these have no trend."""
FALLING_IS_GOOD = frozenset({"churn_risk", "churned_customers", "return_rate", "median_days_between_orders"})
NEUTRAL = frozenset({"bargain_hunter_share", "full_price_share"})


@dataclass(frozen=True)
class Board:
    """What a board says: plain values only. as_of: when the facts were read from the records."""

    said: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.said["as_of"])


def of(shop: Shop, span: str, now: datetime) -> Board | None:
    """The newest board of this span of days; None if the shop has no counted order.

    A board of older facts is shown rather than computing while somebody waits (the sweep makes the next one); it says
    how old it is. Only the very first is computed here.
    """
    present = snapshot.current(shop)
    if present is not None:
        kept = _read(_path(present, span, shop)) or _newest(present, span)
        if kept is not None:
            return kept
    made = facts.fresh(shop, now)
    if made.first_day is None:
        return None
    keep_all(shop, made, now)
    return _read(_path(made, span, shop))


def is_kept(shop: Shop, of: Snapshot) -> bool:
    """Whether all boards of this snapshot and fit are there, or there is nothing to show."""
    return of.first_day is None or all(_path(of, span, shop).exists() for span in SPANS_OF_DAYS)


def keep_all(shop: Shop, of: Snapshot, now: datetime) -> None:
    """Computes the boards of a snapshot and takes those of older ones away."""
    if of.first_day is None:
        return
    folder = of.root / "boards"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {span: _path(of, span, shop) for span in SPANS_OF_DAYS}
    for span, said in _compute(shop, of, now).items():
        waiting = paths[span].with_suffix(".new")
        waiting.write_text(json.dumps(said), encoding="utf-8")
        waiting.replace(paths[span])
    for old in folder.glob("*.json"):
        if old not in paths.values():
            old.unlink(missing_ok=True)


def _compute(shop: Shop, of: Snapshot, now: datetime) -> dict[str, dict[str, Any]]:
    """All boards of a snapshot: what does not depend on the span of days is computed once."""
    assert of.first_day is not None
    assert of.last_day is not None
    end = of.last_day + timedelta(days=1)
    last_month = month_of(of.last_day)
    first_month = month_of(of.first_day)
    months = [
        Period(add_months(last_month, back), min(add_months(last_month, back + 1), end))
        for back in range(1 - MONTHS, 1)
        if add_months(last_month, back) >= first_month
    ]
    spans = [Period(end - timedelta(days=days), end) for days in SPANS_OF_DAYS.values()]
    pairs = [period for span in spans for period in (span, span.previous())]

    by_key: dict[str, list[Figure]] = {}
    quick = kpis.chosen([key for key in (*TILES, "revenue_share_existing") if key not in SCORED])
    for one in kpis.compute_periods(shop, [*pairs, *months], quick, now=now, snapshot=of):
        by_key.setdefault(one.key, []).append(one)
    for one in kpis.compute_periods(shop, pairs, kpis.chosen(SCORED), now=now, snapshot=of):
        by_key.setdefault(one.key, []).append(one)
    rfm = kpis.compute_periods(shop, spans[:1], kpis.chosen(["rfm"]), now=now, snapshot=of)[0]
    table = Period(add_months(last_month, 1 - COHORTS), add_months(last_month, 1))
    cohorts = kpis.compute_periods(shop, [table], kpis.chosen(["cohort_retention"]), now=now, snapshot=of)[0]
    fitted = ModelFit._base_manager.filter(shop=shop, key="bg_nbd").order_by("-fitted_at").first()
    minor = digits(shop.currency)
    # A trend that ends in a month of which some days are still to come would seem to fall.
    last_whole = len(pairs) + len(months) - (months[-1].end < add_months(last_month, 1))
    common = {
        "format": FORMAT,
        "as_of": of.as_of.isoformat(),
        "first_day": of.first_day.isoformat(),
        "last_day": of.last_day.isoformat(),
        "months": [one.start.isoformat() for one in months],
        "revenue": _revenue(by_key["revenue_share_existing"][len(pairs) :], by_key["revenue"][len(pairs) :], minor),
        "cohorts": cohorts.detail.get("cohorts", {}),
        "rfm": rfm.detail.get("cells", []),
        "backtest": fitted.backtest if fitted else None,
        "fit": {"until": fitted.until.isoformat(), "customers": fitted.customers} if fitted else None,
    }
    return {
        span: {
            **common,
            "period": [spans[place].start.isoformat(), spans[place].end.isoformat()],
            "tiles": [
                _tile(
                    key, by_key[key][2 * place], by_key[key][2 * place + 1], by_key[key][len(pairs) : last_whole], minor
                )
                for key in TILES
            ],
        }
        for place, span in enumerate(SPANS_OF_DAYS)
    }


def _tile(key: str, now: Figure, before: Figure, months: list[Figure], minor: int) -> dict[str, Any]:
    money = KPIS[key].unit is Unit.MONEY
    return {
        "key": key,
        "value": _plain(now.value, money, minor),
        "before": _plain(before.value, money, minor),
        "reason": now.reason,
        "interval": [_plain(end, money, minor) for end in now.interval] if now.interval else None,
        "denominator": _plain(now.denominator, False, minor),
        "trend": [_plain(one.value, money, minor) for one in months],
    }


def _revenue(shares: list[Figure], totals: list[Figure], minor: int) -> dict[str, list[Any]]:
    existing = [_plain(one.numerator, True, minor) or 0 for one in shares]
    known = [_plain(one.denominator, True, minor) or 0 for one in shares]
    everything = [_plain(one.value, True, minor) or 0 for one in totals]
    return {
        "existing": existing,
        "new": [a - b for a, b in zip(known, existing, strict=True)],
        "unknown": [a - b for a, b in zip(everything, known, strict=True)],
    }


def _plain(value: Any, is_money: bool, minor: int) -> Any:
    """Money as whole minor units, other numbers as they are: what JSON, charts and filters take."""
    if value is None:
        return None
    if is_money:
        return int(Decimal(value).scaleb(minor).to_integral_value())
    return float(value) if isinstance(value, Decimal | float) or hasattr(value, "item") else value


def _path(of: Snapshot, span: str, shop: Shop) -> Path:
    """A new fit or new rates of the shop make another board of the same facts."""
    newest = ModelFit._base_manager.filter(shop=shop).order_by("-fitted_at").values_list("pk", flat=True).first()
    return of.root / "boards" / f"{of.token}-{newest or 0}-{shop.cost_rate}-{shop.tax_rate}-{span}.json"


def _read(path: Path) -> Board | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return Board(said) if said.get("format") == FORMAT else None


def _newest(of: Snapshot, span: str) -> Board | None:
    found = sorted((of.root / "boards").glob(f"*-{span}.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((board for path in found if (board := _read(path)) is not None), None)


def day(text: str | None) -> date | None:
    """A day as a board keeps it."""
    return date.fromisoformat(text) if text else None
