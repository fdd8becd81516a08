"""The effect of a measure as its page shows it: computed on the spot for a small one, kept for a large one.

Both arms are compared customer by customer, which takes a minute for a million. So the sweep computes the effect of large
measures every hour and keeps it as a file beside the facts, which is recomputable and says of when it is.
"""

import json
import time
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from regulars.core.models import Shop
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure

from .effects import Effect, Look, OutcomeEffect, effect_of
from .snapshot import folder_of

LARGE = 5000
"""Customers assigned; fewer are compared while somebody waits."""
EVERY = timedelta(hours=1)
PATIENCE = 50
"""What took long is computed more seldom: after so many times as long at the earliest."""
FORMAT = 1


def shown(measure: Measure, now: datetime) -> Effect:
    """The effect as a page shows it, of the moment `at`. Only what was never looked at is computed here if it is large."""
    if not _is_large(measure):
        return effect_of(measure, now)
    said = _newest(measure)
    return keep(measure, now) if said is None else _effect(said)


def keep(measure: Measure, now: datetime) -> Effect:
    """Computes the effect and keeps it, whole or not at all, in the place of older ones."""
    began = time.monotonic()
    found = effect_of(measure, now)
    path = _path(measure)
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(".new")
    said = {"format": FORMAT, "seconds": time.monotonic() - began, "effect": asdict(found)}
    waiting.write_text(json.dumps(said, default=str), encoding="utf-8")
    waiting.replace(path)
    for old in path.parent.glob(f"{measure.pk}-*.json"):
        if old != path:
            old.unlink(missing_ok=True)
    return found


def keep_due(shop: Shop, now: datetime) -> int:
    """Computes the effect of one large measure whose kept one is missing or old; returns how many it was."""
    started = Measure._base_manager.filter(shop=shop, started_at__isnull=False).select_related("shop")
    for measure in started.order_by("pk"):
        if _is_due(measure, now) and _is_large(measure):
            keep(measure, now)
            return 1
    return 0


def _is_due(measure: Measure, now: datetime) -> bool:
    said = _read(_path(measure))
    if said is None:
        return True
    at = _moment(said["effect"]["at"])
    last = measure.stopped_at + timedelta(days=measure.outcome_days) if measure.stopped_at else None
    if last is not None and at > last + timedelta(days=1):
        return False  # nobody's window is open any more
    return now - at >= max(EVERY, PATIENCE * timedelta(seconds=said["seconds"]))


def _is_large(measure: Measure) -> bool:
    return Assignment._base_manager.filter(measure=measure)[LARGE : LARGE + 1].exists()


def _path(measure: Measure) -> Path:
    """Other rates or another window make another effect of the same customers."""
    shop = measure.shop
    rates = f"{measure.outcome_days}-{shop.cost_rate}-{shop.tax_rate}-{shop.message_cost_minor}"
    return folder_of(shop) / "effects" / f"{measure.pk}-{rates}.json"


def _newest(measure: Measure) -> dict[str, Any] | None:
    """What is kept with the present rates, else the newest with others, until the sweep has made the next."""
    present = _path(measure)
    if (said := _read(present)) is not None:
        return said
    found = sorted(present.parent.glob(f"{measure.pk}-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((said for path in found if (said := _read(path)) is not None), None)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return said if said.get("format") == FORMAT else None


def _effect(said: dict[str, Any]) -> Effect:
    plain = dict(said["effect"])
    for one in fields(Effect):
        if one.type is OutcomeEffect:
            outcome = plain[one.name]
            looks = [Look(**{**look, "day": date.fromisoformat(look["day"])}) for look in outcome["looks"]]
            plain[one.name] = OutcomeEffect(**{**outcome, "looks": looks})
    return Effect(**{**plain, "at": _moment(plain["at"])})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
