"""What falls due in the intake: accepted events to be normalised, calls to be forgotten."""

from datetime import datetime, timedelta

import structlog

from regulars.core.claim import Claimed, DueRow, claim, held, settle
from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import forget, normalise
from .models import InboundCall

log = structlog.get_logger("regulars.intake")

LEASE = timedelta(minutes=5)
CALLS = 20
"""Calls in one transaction: with a hundred events in each it stays well under 100 ms on SQLite."""
GIVE_UP_AFTER = 8


@sweep("intake.normalise", every=timedelta(seconds=1), serial=False, order=5)
def normalise_events(shop: Shop, now: datetime) -> int:
    """Turns accepted calls into Events. Calls that fail together are tried one by one; who fails often is shown."""
    claimed = claim(InboundCall.objects.filter(shop=shop), now=now, lease=LEASE, limit=CALLS)
    if not claimed:
        return 0
    if not _is_normalised(shop, claimed, now) and len(claimed) > 1:
        for row in claimed.rows:
            _is_normalised(shop, Claimed(claimed.token, [row]), now)
    return len(claimed)


def _is_normalised(shop: Shop, claimed: Claimed, now: datetime) -> bool:
    try:
        _normalise(shop, claimed, now)
    except Exception as error:
        log.exception("events not normalised", shop=shop.slug, calls=[row.pk for row in claimed.rows])
        if len(claimed) == 1:
            _later(claimed, now, error)
        return False
    return True


def _normalise(shop: Shop, claimed: Claimed, now: datetime) -> None:
    with held(claimed) as rows:
        normalise(shop, rows, now)
        settle(rows, DueRow.Status.DONE, settled_at=now, due_at=None, last_error="")


def _later(claimed: Claimed, now: datetime, error: Exception) -> None:
    """Puts a call off, ever longer; after many tries it is shown as failed, not lost."""
    (row,) = claimed.rows
    is_over = row.attempts >= GIVE_UP_AFTER
    InboundCall.objects.filter(pk=row.pk, lease_token=claimed.token).update(
        status=DueRow.Status.FAILED if is_over else DueRow.Status.DUE,
        due_at=None if is_over else now + timedelta(seconds=min(2**row.attempts, 3600)),
        lease_until=None,
        lease_token="",
        last_error=repr(error)[:500],
    )


@sweep("intake.forget", every=timedelta(hours=1), order=90)
def forget_calls(shop: Shop, now: datetime) -> int:
    """Calls are kept for 30 days, refused ones in a number that fills no disk."""
    return forget(shop, now)
