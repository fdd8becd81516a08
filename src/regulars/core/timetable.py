"""The timetable: runs the sweeps that are due. The worker loop, Celery's beat and the simulator all call `run_due`."""

import traceback
from collections.abc import Callable, Container
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from .claim import DueRow, claim
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
    claimed = claim(TimetableEntry.objects.filter(pk=entry.pk), now=now, lease=sweep.lease, limit=1)
    if not claimed:
        return 0
    row: TimetableEntry = claimed.rows[0]
    shop = row.shop
    assert shop is not None
    if not sweep.serial:
        _release(row, claimed.token, due_at=now + sweep.every)
    handled, error = 0, ""
    try:
        with scope(shop=shop):
            for _ in range(AT_ONCE):
                done = sweep.run(shop, clock() if clock else now)
                handled += done
                if not done:
                    break
                if sweep.serial and clock:
                    _extend(row, claimed.token, clock() + sweep.lease)
    except Exception:
        # One failing sweep must not stop the others; it is tried again, ever more seldom, and the page of jobs shows it.
        error = traceback.format_exc(limit=20)
        log.exception("sweep failed", sweep=sweep.key, shop=shop.slug)
    failures = row.failures + 1 if error else 0
    pause = min(sweep.every * 2 ** min(failures, 16), max(LONGEST_BACK_OFF, sweep.every)) if error else sweep.every
    _release(
        row,
        claimed.token if sweep.serial else "",
        due_at=now + pause,
        last_started_at=now,
        last_ended_at=clock() if clock else now,
        last_rows=handled,
        failures=failures,
        last_error=error[-4000:],
    )
    return handled


def _release(row: TimetableEntry, token: str, **changes: object) -> None:
    """Ends the lease if it is still ours (a token was given); a lost lease is left to its new holder."""
    with transaction.atomic():
        mine = TimetableEntry.objects.filter(pk=row.pk)
        if token:
            mine = mine.filter(lease_token=token)
        mine.update(status=DueRow.Status.DUE, lease_until=None, lease_token="", **changes)


def _extend(row: TimetableEntry, token: str, until: datetime) -> None:
    TimetableEntry.objects.filter(pk=row.pk, lease_token=token).update(lease_until=until)
