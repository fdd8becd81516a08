"""Choosing the winner of a test, by the rule that was stated before the launch."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from regulars.core.actions import audit
from regulars.journeys.campaigns.models import Campaign, arms_of
from regulars.journeys.campaigns.results import ArmFigures, arms_figures, compared
from regulars.reach.messaging.models import Message

from .drafts import locked
from .running import is_open


@transaction.atomic
def decide(campaign: Campaign, now: datetime) -> bool:
    """Chooses the winner when the test is through and the stated wait is over; whether it did. Once, for good.

    The arm with the highest value wins if it is better than every other (95 %, corrected for the number of comparisons) and
    every arm has the stated number of customers. Else no arm has won: the first one goes, and the verdict says so.
    """
    row = locked(campaign)
    if row.status != Campaign.Status.SENDING or not row.waits_for_winner or row.winner:
        return False
    if is_open(row, but_waiting=True):
        return False
    last = Message._base_manager.filter(measure=row.measure).aggregate(at=Max("sent_at"))["at"]
    if last is not None and now < last + timedelta(hours=row.wait_hours):
        return False
    there = arms_figures(row, now)
    keys = [arm.key for arm in arms_of(row)]
    figures = [there.get(key) or ArmFigures(key, 0, 0, 0, 0, 0, 0, 0, 0.0) for key in keys]
    found = compared(figures, row.winner_by)
    counts = [figure.sums(row.winner_by).n for figure in figures]
    is_enough = min(counts) >= row.least
    has_won = is_enough and found.is_proven and found.leader is not None
    row.winner = keys[found.leader] if has_won and found.leader is not None else keys[0]
    row.decided_at = now
    row.verdict = _said(row, figures, found, has_won, is_enough)
    row.save(update_fields=["winner", "decided_at", "verdict"])
    audit("campaign.decided", now=now, shop=row.shop, target=row, winner=row.winner, proven=has_won)
    return True


def _said(row: Campaign, figures: list[ArmFigures], found: Any, has_won: bool, is_enough: bool) -> dict[str, Any]:
    """What was known when it was decided: the result page shows it as it was."""
    return {
        "figure": row.winner_by,
        "has_won": has_won,
        "reason": "proven" if has_won else "equal" if is_enough else "too_few",
        "lead": found.lead,
        "low": found.low_lead,
        "high": found.high_lead,
        "arms": [
            {
                "key": figure.key,
                "n": figure.sums(row.winner_by).n,
                "value": found.values[place],
                "low": found.intervals[place][0] if found.intervals[place] else None,
                "high": found.intervals[place][1] if found.intervals[place] else None,
            }
            for place, figure in enumerate(figures)
        ],
    }
