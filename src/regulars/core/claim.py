"""Rows are the queue: a row with a status and a due time is claimed in batches, with a lease.

Killing any process at any instant loses nothing: a row whose lease ran out is due again (or, where a second attempt
could do harm, is left to the owner of the table, who says what an interrupted attempt means).

    claimed = claim(Message.objects.all(), now=now, lease=timedelta(minutes=5), limit=500)
    …                                   # slow or outside work, without a transaction
    with held(claimed) as rows:         # one transaction: only the rows whose lease is still ours
        …                               # the effects
        settle(rows, DueRow.Status.DONE)

A lease is for work outside the database. Where all effects of a row are rows of this database, take it and write them in
one transaction instead, with `skip_locked()` in plain SQL: no lease to write, none to wait for when a worker is lost.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, connections, models, router, transaction
from django.db.models import F


class DueRow(models.Model):
    """A row that falls due. `due_at` null means: not by itself."""

    class Status(models.TextChoices):
        DUE = "due"
        CLAIMED = "claimed"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    status = models.CharField(max_length=12, default=Status.DUE)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Claimed:
    """A batch of rows under one lease."""

    token: str
    rows: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return bool(self.rows)


def claim(
    queryset: models.QuerySet[Any], *, now: datetime, lease: timedelta, limit: int, reclaim: bool = True
) -> Claimed:
    """Takes up to `limit` due rows of `queryset` for this worker, the longest due first.

    With `reclaim`, rows whose lease ran out are taken again. Three queries, whatever the limit.
    """
    model = queryset.model
    using = router.db_for_write(model)
    token = secrets.token_hex(16)
    due = DueRow.Status.DUE
    with transaction.atomic(using=using):
        ids = _ready(queryset.filter(status=due, due_at__lte=now).order_by("due_at", "pk"), limit, using)
        if reclaim and len(ids) < limit:
            lost = queryset.filter(status=DueRow.Status.CLAIMED, lease_until__lt=now).order_by("lease_until", "pk")
            ids += _ready(lost, limit - len(ids), using)
        if not ids:
            return Claimed(token)
        every = model._base_manager.using(using).filter(pk__among=set(ids))
        every.update(
            status=DueRow.Status.CLAIMED, lease_until=now + lease, lease_token=token, attempts=F("attempts") + 1
        )
        rows = list(every.order_by("due_at", "pk"))
    return Claimed(token, rows)


def _ready(queryset: models.QuerySet[Any], limit: int, using: str) -> list[Any]:
    if connections[using].features.has_select_for_update_skip_locked:
        queryset = queryset.select_for_update(skip_locked=True, of=("self",))
    return list(queryset.values_list("pk", flat=True)[:limit])


def skip_locked(alias: str) -> str:
    """The end of a SELECT that takes rows of the table `alias` for this transaction and passes over those of others.

    Nothing on SQLite: a transaction that may write is alone there (IMMEDIATE).
    """
    return f" FOR UPDATE OF {alias} SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


@contextmanager
def held(claimed: Claimed) -> Iterator[list[Any]]:
    """One transaction over the rows of `claimed` that are still ours; rows lost to another worker are left out."""
    if not claimed.rows:
        yield []
        return
    model = type(claimed.rows[0])
    using = router.db_for_write(model)
    with transaction.atomic(using=using):
        still = model._base_manager.using(using).filter(
            pk__among={row.pk for row in claimed.rows}, lease_token=claimed.token, status=DueRow.Status.CLAIMED
        )
        if connections[using].features.has_select_for_update:
            still = still.select_for_update()
        ours = set(still.values_list("pk", flat=True))
        yield [row for row in claimed.rows if row.pk in ours]


def settle(rows: Sequence[Any], status: str, **changes: Any) -> int:
    """Ends the lease of `rows` (inside `held`) with one update; `changes` sets further columns alike for all."""
    if not rows:
        return 0
    model = type(rows[0])
    return int(
        model._base_manager.filter(pk__among={row.pk for row in rows}).update(
            status=status, lease_until=None, lease_token="", **changes
        )
    )
