"""What falls due in insights: fresh facts and figures, a fit a day, scores after it."""

from datetime import datetime, timedelta

import structlog

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.sweeps import sweep
from regulars.decide.segments.models import CustomerProfile

from . import communication, effects_kept, facts, kept, scores, snapshot
from .actions import score_profiles
from .models import ModelFit, SnapshotState

log = structlog.get_logger("regulars.insights")

DAILY = timedelta(hours=20)
"""Less than a day, so that a daily job does not drift behind the clock."""
LARGE = 1_000_000
LARGE_EVERY = timedelta(minutes=15)
"""A shop with so many orders has its facts rebuilt so often at most."""


@sweep("insights.facts", every=timedelta(minutes=1), lease=timedelta(hours=1), order=60)
def keep_facts(shop: Shop, now: datetime) -> int:
    """Rebuilds what was touched, and the figures that pages show from it."""
    present = snapshot.current(shop)
    state = SnapshotState._base_manager.filter(shop=shop).first()
    is_fresh = snapshot.is_fresh(shop)
    is_large = present is not None and present.rows("orders") > LARGE
    if is_large and not is_fresh and state and state.built_at and now - state.built_at < LARGE_EVERY:
        return 0
    if is_fresh and present is not None and kept.is_kept(shop, present):
        return 0
    made = facts.fresh(shop, now)
    kept.keep_all(shop, made, now)
    communication.keep_all(shop, made, now)
    return 1


@sweep("insights.effects", every=timedelta(minutes=5), lease=timedelta(hours=1), order=63)
def keep_effects(shop: Shop, now: datetime) -> int:
    """Compares the arms of one large measure anew, each about once an hour."""
    return effects_kept.keep_due(shop, now)


@sweep("insights.fit", every=timedelta(hours=1), lease=timedelta(hours=2), order=61)
def fit_daily(shop: Shop, now: datetime) -> int:
    """Fits the models anew, once a day; a shop with too few repeat buyers has none yet."""
    newest = ModelFit._base_manager.filter(shop=shop).order_by("-fitted_at").first()
    if newest is not None and now - newest.fitted_at < DAILY:
        return 0
    present = snapshot.current(shop)
    if present is None or present.first_day is None:
        return 0
    try:
        scores.fit(shop, None, newest.unit if newest else "week", now=now)
    except Refused as reason:
        log.info("no fit", shop=shop.slug, reason=str(reason))
        return 0
    return 1


@sweep("insights.scores", every=timedelta(minutes=5), lease=timedelta(hours=2), order=62)
def score_all(shop: Shop, now: datetime) -> int:
    """Writes everybody's scores into the profiles, once a day and after each fit."""
    state = SnapshotState._base_manager.filter(shop=shop).first()
    newest = ModelFit._base_manager.filter(shop=shop).order_by("-fitted_at").first()
    if state is None or newest is None:
        return 0
    if state.scored_at is not None and state.scored_at >= newest.fitted_at and now - state.scored_at < DAILY:
        return 0
    if not CustomerProfile._base_manager.filter(shop=shop).exists():
        return 0
    return score_profiles(shop, scores.at(shop, now=now), now)
