"""What falls due on the timeline: reactions of listeners to Events."""

from datetime import datetime, timedelta

import structlog

from regulars.core.claim import DueRow, claim, held
from regulars.core.listeners import LISTENERS
from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .models import Event, EventDue

log = structlog.get_logger("regulars.timeline")

BATCH = 1000
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = 12


@sweep("timeline.react", every=timedelta(seconds=1), serial=False, order=10)
def react(shop: Shop, now: datetime) -> int:
    """Gives each listener one batch of its due Events; the rows vanish in the same transaction as its effects."""
    handled = 0
    for key in LISTENERS:
        handled += _react(shop, key, now)
    return handled


def _react(shop: Shop, key: str, now: datetime) -> int:
    due = EventDue.objects.filter(shop=shop, listener=key)
    claimed = claim(due, now=now, lease=LEASE, limit=BATCH)
    if not claimed:
        return 0
    try:
        with held(claimed) as rows:
            events = Event._base_manager.filter(pk__in=[row.event_id for row in rows]).order_by("at", "pk")
            LISTENERS[key].react(shop, list(events), now)
            EventDue.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return len(rows)
    except Exception as error:
        log.exception("listener failed", listener=key, shop=shop.slug, events=len(claimed))
        _later(claimed.rows, claimed.token, now, error)
        return 0


def _later(rows: list[EventDue], token: str, now: datetime, error: Exception) -> None:
    """Puts a failed batch off, ever longer; after many tries it is shown as failed, not lost."""
    tries = max(row.attempts for row in rows)
    status = DueRow.Status.FAILED if tries >= GIVE_UP_AFTER else DueRow.Status.DUE
    EventDue.objects.filter(pk__in=[row.pk for row in rows], lease_token=token).update(
        status=status,
        due_at=now + timedelta(seconds=min(2**tries, 3600)),
        lease_until=None,
        lease_token="",
        last_error=repr(error)[:500],
    )
