"""The board of the overview: its tiles, charts and tables as plain values, made of the figures that are computed anyway."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.core.money import digits

from . import kpis
from .courses import Courses
from .figures import KPIS, Ask, Figure, Unit
from .models import ModelFit
from .periods import Period, add_months, month_of

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
FALLING_IS_GOOD = frozenset({"churn_risk", "churned_customers", "return_rate", "median_days_between_orders"})
NEUTRAL = frozenset({"bargain_hunter_share", "full_price_share"})


@dataclass(frozen=True)
class Board:
    """What a board says: plain values only. as_of: when the facts were read from the records."""

    said: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.said["as_of"])


def compute(ask: Ask, made: Courses) -> dict[str, dict[str, Any]]:
    """The boards of a snapshot by span of days; `ask` is used for other periods from now on."""
    shop, at = ask.shop, ask.snapshot
    assert at.first_day is not None
    assert at.last_day is not None
    last_month = month_of(at.last_day)
    table = Period(add_months(last_month, 1 - COHORTS), add_months(last_month, 1))
    [cohorts] = kpis.answers(ask.over([table]), kpis.chosen(["cohort_retention"]))
    fitted = ModelFit._base_manager.filter(shop=shop, key="bg_nbd").order_by("-fitted_at").first()
    minor = digits(shop.currency)
    # A trend that ends in a month of which some days are still to come would seem to fall.
    trend = made.so_far if made.so_far[-1] == made.months[-1] else made.so_far[:-1]
    common = {
        "as_of": at.as_of.isoformat(),
        "first_day": at.first_day.isoformat(),
        "last_day": at.last_day.isoformat(),
        "months": [one.start.isoformat() for one in made.so_far],
        "revenue": _revenue(made.of("revenue_share_existing", made.so_far), made.of("revenue", made.so_far), minor),
        "cohorts": cohorts.detail.get("cohorts", {}),
        "rfm": made.figures["rfm"][made.spans["30"]].detail.get("cells", []),
        "backtest": fitted.backtest if fitted else None,
        "fit": {"until": fitted.until.isoformat(), "customers": fitted.customers} if fitted else None,
    }
    return {
        span: {
            **common,
            "period": [period.start.isoformat(), period.end.isoformat()],
            "tiles": [
                _tile(key, made.figures[key][period], made.figures[key][period.previous()], made.of(key, trend), minor)
                for key in TILES
            ],
        }
        for span, period in made.spans.items()
    }


def _tile(key: str, now: Figure, before: Figure, trend: list[Figure], minor: int) -> dict[str, Any]:
    money = KPIS[key].unit is Unit.MONEY
    return {
        "key": key,
        "value": _plain(now.value, money, minor),
        "before": _plain(before.value, money, minor),
        "reason": now.reason,
        "interval": [_plain(end, money, minor) for end in now.interval] if now.interval else None,
        "denominator": _plain(now.denominator, False, minor),
        "trend": [_plain(one.value, money, minor) for one in trend],
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


def day(text: str | None) -> date | None:
    """A day as a board keeps it."""
    return date.fromisoformat(text) if text else None
