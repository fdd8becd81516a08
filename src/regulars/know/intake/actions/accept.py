"""Events in: checked, kept raw as one row a batch, and on disk before the answer.

What costs is the disk: it confirms a few hundred writes a second, whatever their size. So the calls that wait at the
same moment are committed together, by a thread that does nothing else (`committer`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.claim import DueRow
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import Fault, checked

from .committer import Committer, Waiting

EVENTS = InboundCall.Noun.EVENTS.value
KEPT_BYTES = 64 * 1024
"""How much is kept of a body of which nothing could be taken."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by an API key that was looked up before."""

    key_id: int
    shop_id: int


@dataclass(slots=True)
class Accepted:
    """What became of a call. is_replay: the same call with the same Idempotency-Key was answered so before.

    outcome: "accepted", "nothing" (no row fits), "key_reused" (its body was another then), "revoked" (the key ended).
    """

    outcome: str
    id: int = 0
    rows: int = 0
    faults: Sequence[Fault] = ()
    is_replay: bool = False


@dataclass(slots=True, eq=False)
class _Call(Waiting):
    """A call that waits for its commit. digest: of the body that came, where it is not the one that is kept."""

    caller: Caller
    key: str | None
    digest: str
    body: bytes
    rows: int
    faults: Sequence[Fault]
    at: datetime
    answer: Accepted = field(default_factory=lambda: Accepted("revoked"))


def accept_events(caller: Caller, body: bytes, idempotency_key: str | None, now: datetime) -> Accepted:
    """Takes the rows of a body that fit. The answer is on disk. Raises NotReadable and WrongSize where there is none."""
    kept, rows, faults = checked(body, now)
    if rows:
        digest = _digest(body) if idempotency_key and kept is not body else ""
        call = _Call(caller, idempotency_key, digest, kept, rows, faults, now)
    else:
        # The key stays free: the sender may repair the rows and send them under it.
        call = _Call(caller, None, "", body[:KEPT_BYTES], 0, faults, now)
    if connection.in_atomic_block:
        _write([call])  # on disk when the caller's own transaction is
    else:
        _committer.commit(call)
    return call.answer


def _digest(body: bytes | memoryview) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


_COLUMNS = (
    "id", "shop_id", "api_key_id", "noun", "idempotency_key", "digest", "body", "rows", "rejected", "errors",
    "status_code", "answer", "received_at", "status", "due_at", "lease_token", "attempts", "last_error",
)  # fmt: skip
_INSERT = f"INSERT INTO intake_inboundcall ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 - our own names
_ROW = f"(%s, %s, %s, '{EVENTS}', %s, %s, %s, %s, %s, %s, %s, '{{}}', %s, %s, %s, '', 0, '')"
_UNLESS_THERE = " ON CONFLICT (shop_id, noun, idempotency_key) DO NOTHING"


def _write(calls: Sequence[_Call]) -> None:
    """One transaction, in few statements, none of which gives many rows: at each row the interpreter lets other threads
    go first. A key revoked before it opens nothing, whatever a cache says.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        live = set()
        for key in {call.caller.key_id for call in calls}:
            cursor.execute("SELECT id FROM core_apikey WHERE id = %s AND revoked_at IS NULL", [key])
            live |= {pk for (pk,) in cursor.fetchall()}
        calls = [call for call in calls if call.caller.key_id in live]
        if not calls:
            return
        ids = bulk.reserve_ids(InboundCall, len(calls))
        values = list(chain.from_iterable(map(_values, ids, calls)))
        cursor.execute(_INSERT + ", ".join([_ROW] * len(calls)) + _UNLESS_THERE, values)
        if cursor.rowcount == len(calls):
            made = set(ids)
        else:
            made = set(InboundCall._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
        for pk, call in zip(ids, calls, strict=True):
            outcome = "accepted" if call.rows else "nothing"
            call.answer = Accepted(outcome, pk, call.rows, call.faults) if pk in made else _answered_before(call)


def _values(pk: int, call: _Call) -> tuple[Any, ...]:
    errors = msgspec.json.encode(call.faults).decode() if call.faults else "[]"
    at = bulk.moment(call.at)
    answered = (202, at, DueRow.Status.DUE.value, at) if call.rows else (422, at, DueRow.Status.FAILED.value, None)
    caller = call.caller
    kept = (call.key, call.digest, call.body, call.rows, len(call.faults), errors)
    return (pk, caller.shop_id, caller.key_id, *kept, *answered)


def _answered_before(call: _Call) -> Accepted:
    before = InboundCall._base_manager.get(shop_id=call.caller.shop_id, noun=EVENTS, idempotency_key=call.key)
    if (before.digest or _digest(before.body)) != (call.digest or _digest(call.body)):
        return Accepted("key_reused", before.pk)
    return Accepted("accepted", before.pk, before.rows, [Fault(**fault) for fault in before.errors], is_replay=True)


_committer = Committer(_write)
