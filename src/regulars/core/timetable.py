"""The timetable: runs the sweeps that are due. The worker loop, Celery's beat and the simulator all call `run_due`."""

import secrets
import traceback
from collections.abc import Callable, Container
from datetime import datetime, timedelta

import structlog
from django.db.models import F, Q

from .claim import DueRow
from .models import Shop, TimetableEntry
from .scoping import scope
from .sweeps import SWEEPS, Sweep

log = structlog.get_logger("regulars.timetable")

AT_ONCE = 1000
"""A sweep that always finds work yields to the others after this many calls in a row."""
LONGEST_BACK_OFF = timedelta(hours=1)


def write_timetable(now: datetime) -> None:
    """Adds the missing rows: one for each sweep and shop. Idempotent, safe with several workers."""
    there = set(TimetableEntry.objects.values_list("sweep", "shop_id"))
    missing = [
        TimetableEntry(sweep=key, shop_id=shop_id, due_at=now)
        for shop_id in Shop.objects.values_list("pk", flat=True)
        for key in SWEEPS
        if (key, shop_id) not in there
    ]
    if missing:
        TimetableEntry.objects.bulk_create(missing, ignore_conflicts=True)


def run_due(
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
    only_shop: Shop | None = None,
    skip: Container[str] = (),
) -> int:
    """Runs every sweep that is due at `now` until each has nothing left to do; returns the rows handled.

    With `clock`, each call of a sweep is given a fresh `now`; without, all are given the same (rehearsal, simulation).
    Sweeps named in `skip` stay due.
    """
    handled = 0
    entries = TimetableEntry.objects.filter(sweep__in=SWEEPS)
    if only_shop is not None:
        entries = entries.filter(shop=only_shop)
    due = [entry for entry in entries.filter(due_at__lte=now).select_related("shop") if entry.sweep not in skip]
    for entry in sorted(due, key=lambda entry: (SWEEPS[entry.sweep].order, entry.sweep)):
        handled += _run_entry(entry, SWEEPS[entry.sweep], now, clock)
    return handled


def _run_entry(entry: TimetableEntry, sweep: Sweep, now: datetime, clock: Callable[[], datetime] | None) -> int:
    token = secrets.token_hex(16) if sweep.serial else ""
    if not _take(entry, sweep, now, token):
        return 0
    shop = entry.shop
    assert shop is not None
    handled, error = 0, ""
    try:
        with scope(shop=shop):
            for _ in range(AT_ONCE):
                done = sweep.run(shop, clock() if clock else now)
                handled += done
                if not done:
                    break
                if sweep.serial and clock:
                    _extend(entry, token, clock() + sweep.lease)
    except Exception:
        # One failing sweep must not stop the others; it is tried again, ever more seldom, and the page of jobs shows it.
        error = traceback.format_exc(limit=20)
        log.exception("sweep failed", sweep=sweep.key, shop=shop.slug)
    failures = entry.failures + 1 if error else 0
    pause = min(sweep.every * 2 ** min(failures, 16), max(LONGEST_BACK_OFF, sweep.every)) if error else sweep.every
    _release(
        entry,
        token,
        due_at=now + pause,
        last_started_at=now,
        last_ended_at=clock() if clock else now,
        last_rows=handled,
        failures=failures,
        last_error=error[-4000:],
    )
    return handled


def _take(entry: TimetableEntry, sweep: Sweep, now: datetime, token: str) -> bool:
    """Takes the entry if it still is to be had: with a lease where the sweep is serial; else it falls due again at once, so
    that others may run it too. One statement: most sweeps find nothing, and looking must be cheap.
    """
    is_due = Q(status=DueRow.Status.DUE, due_at__lte=now)
    is_lost = Q(status=DueRow.Status.CLAIMED, lease_until__lt=now)
    state: dict[str, object] = (
        {"status": DueRow.Status.CLAIMED, "lease_until": now + sweep.lease, "lease_token": token}
        if sweep.serial
        else {"status": DueRow.Status.DUE, "lease_until": None, "lease_token": "", "due_at": now + sweep.every}
    )
    mine = TimetableEntry.objects.filter(is_due | is_lost, pk=entry.pk)
    return bool(mine.update(attempts=F("attempts") + 1, **state))


def _release(entry: TimetableEntry, token: str, **changes: object) -> None:
    """Ends the lease if it is still ours (a token was given); a lost lease is left to its new holder."""
    mine = TimetableEntry.objects.filter(pk=entry.pk)
    if token:
        mine = mine.filter(lease_token=token)
    mine.update(status=DueRow.Status.DUE, lease_until=None, lease_token="", **changes)


def _extend(entry: TimetableEntry, token: str, until: datetime) -> None:
    TimetableEntry.objects.filter(pk=entry.pk, lease_token=token).update(lease_until=until)
