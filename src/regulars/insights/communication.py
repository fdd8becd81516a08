"""Communication of a measure: computed once a snapshot and kept as a file beside it, so that a page reads one file."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from regulars.core.clock import local_date
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure

from . import kpis, snapshot
from .figures import Ask, Unit
from .periods import Period
from .snapshot import Snapshot
from .warehouse import open_snapshot

KEYS = (
    "delivery_rate", "bounce_rate", "open_rate", "click_rate", "conversion_rate", "unsubscribe_rate",
    "spam_complaint_rate", "customer_response_time", "actions_per_interaction", "offer_conversion",
)  # fmt: skip
FORMAT = 1


@dataclass(frozen=True)
class Communication:
    """What came of a measure's messages: the funnel's counts, days with what was sent, and the figures as JSON."""

    said: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.said["as_of"])


def of_measure(measure: Measure, now: datetime) -> Communication | None:
    """The figures of a measure since its start, from the present snapshot; None where nothing was sent by then."""
    shop = measure.shop
    present = snapshot.current(shop)
    if present is None or measure.started_at is None:
        return None
    path = _path(present, measure)
    if not path.exists():
        _keep(path, _compute(shop, measure, present, now))
    said = json.loads(path.read_text("utf-8"))
    return Communication(said) if said["funnel"]["sent"] else None


def keep_all(shop: Shop, of: Snapshot, now: datetime) -> None:
    """Computes those of the running measures, and takes those of older snapshots away."""
    running = Measure._base_manager.filter(shop=shop, status=Measure.Status.RUNNING, started_at__isnull=False)
    paths = set()
    for measure in running.select_related("shop"):
        path = _path(of, measure)
        paths.add(path)
        if not path.exists():
            _keep(path, _compute(shop, measure, of, now))
    for old in (of.root / "measures").glob("*.json"):
        if not old.name.startswith(f"{of.token}-"):
            old.unlink(missing_ok=True)


def _path(of: Snapshot, measure: Measure) -> Path:
    return of.root / "measures" / f"{of.token}-{measure.pk}-{FORMAT}.json"


def _keep(path: Path, said: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".new")
    waiting.write_text(json.dumps(said, default=str), encoding="utf-8")
    waiting.replace(path)


def _compute(shop: Shop, measure: Measure, of: Snapshot, now: datetime) -> dict[str, Any]:
    assert measure.started_at is not None
    start = local_date(measure.started_at, shop.timezone)
    period = Period(start, max(start, local_date(now, shop.timezone)) + timedelta(days=1))
    figures = kpis.compute_periods(shop, [period], kpis.chosen(KEYS), now=now, snapshot=of, measure_id=measure.pk)
    with open_snapshot(of) as warehouse:
        ask = Ask(shop, of, warehouse, [period], now, measure_id=measure.pk)
        ask.give_periods()
        funnel = ask.rows(
            """
            SELECT COUNT(*) AS sent, COUNT(*) FILTER (bounced = 0) AS delivered,
                   COUNT(*) FILTER (bounced = 0 AND tracked = 1) AS tracked,
                   COUNT(*) FILTER (bounced = 0 AND tracked = 1 AND opened_at IS NOT NULL) AS opened,
                   COUNT(*) FILTER (bounced = 0 AND tracked = 1 AND clicked_at IS NOT NULL) AS clicked,
                   COUNT(*) FILTER (bounced = 0 AND ordered_at IS NOT NULL) AS ordered,
                   COALESCE(SUM(revenue), 0)::BIGINT AS revenue
            FROM outcomes
            """
        )[0]
        days = ask.rows("SELECT day, COUNT(*) AS sent FROM mailings GROUP BY day ORDER BY day")
    return {
        "as_of": of.as_of.isoformat(),
        "period": [period.start.isoformat(), period.end.isoformat()],
        "funnel": funnel,
        "days": [[row["day"].isoformat(), row["sent"]] for row in days],
        "figures": [
            {
                "key": one.key,
                "value": None if one.value is None else float(one.value),
                "numerator": None if one.numerator is None else float(one.numerator),
                "denominator": None if one.denominator is None else float(one.denominator),
                "interval": [float(edge) for edge in one.interval] if one.interval else None,
                "reason": one.reason,
                "detail": one.detail,
            }
            for one in figures
        ],
    }


def unit_of(key: str) -> Unit:
    """The unit of a figure's value."""
    return kpis.definitions()[key].unit


def by_week(days: list[list[Any]]) -> list[tuple[date, int]]:
    """Messages sent by week (its Monday), weeks without any included."""
    weeks: dict[date, int] = {}
    for day, sent in days:
        on = date.fromisoformat(day)
        monday = on - timedelta(days=on.weekday())
        weeks[monday] = weeks.get(monday, 0) + int(sent)
    if not weeks:
        return []
    first, last = min(weeks), max(weeks)
    every = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return [(monday, weeks.get(monday, 0)) for monday in every]
