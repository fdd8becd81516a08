"""Events in: checked, kept raw as one row a batch, and on disk before the answer.

What costs is the disk: it confirms a few hundred writes a second, whatever their size. So the calls that wait at the
same moment are committed together: who gets the turn writes for all that came meanwhile.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.claim import DueRow
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import Fault, checked

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
class _Waiting:
    """A call that waits for its commit."""

    caller: Caller
    key: str | None
    digest: str
    body: bytes
    rows: int
    faults: Sequence[Fault]
    at: Any
    status: str = DueRow.Status.DUE.value
    is_done: bool = False
    error: Exception | None = None
    answer: Accepted = field(default_factory=lambda: Accepted("revoked"))


_pending: list[_Waiting] = []
_guard = threading.Lock()
_turn = threading.Lock()


def accept_events(caller: Caller, body: bytes, idempotency_key: str | None, now: datetime) -> Accepted:
    """Takes the rows of a body that fit. The answer is on disk. Raises NotReadable and WrongSize where there is none."""
    kept, rows, faults = checked(body, now)
    digest = hashlib.blake2b(body, digest_size=16).hexdigest() if idempotency_key else ""
    one = _Waiting(caller, idempotency_key, digest, kept, rows, faults, bulk.moment(now))
    if not rows:
        # The key stays free: the sender may repair the rows and send them under it.
        one.status, one.key, one.digest, one.body = DueRow.Status.FAILED.value, None, "", body[:KEPT_BYTES]
    _commit(one)
    if one.error is not None:
        raise one.error
    return one.answer


def _commit(one: _Waiting) -> None:
    """Returns when `one` is on disk, written by this thread or by the one whose turn it was."""
    with _guard:
        _pending.append(one)
    with _turn:
        if one.is_done:
            return
        with _guard:
            batch = _pending[:]
            _pending.clear()
        try:
            _write(batch)
        except Exception as error:  # noqa: BLE001 - raised in the thread of every call: none of them is on disk
            for waiting in batch:
                waiting.error = error
        finally:
            for waiting in batch:
                waiting.is_done = True


_COLUMNS = (
    "shop_id", "api_key_id", "noun", "idempotency_key", "digest", "body", "rows", "rejected", "errors", "status_code",
    "answer", "received_at", "status", "due_at", "lease_token", "attempts", "last_error",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO intake_inboundcall ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))}) "  # noqa: S608 - our own names
    "ON CONFLICT (shop_id, noun, idempotency_key) DO NOTHING RETURNING id"
)


def _write(batch: Sequence[_Waiting]) -> None:
    """One transaction. A key revoked before it opens nothing, whatever a cache says."""
    with transaction.atomic(), connection.cursor() as cursor:
        keys = {waiting.caller.key_id for waiting in batch}
        live = set()
        for key in keys:
            cursor.execute("SELECT id FROM core_apikey WHERE id = %s AND revoked_at IS NULL", [key])
            live |= {pk for (pk,) in cursor.fetchall()}
        for waiting in batch:
            if waiting.caller.key_id in live:
                waiting.answer = _insert(cursor, waiting)


def _insert(cursor: Any, one: _Waiting) -> Accepted:
    is_taken = one.rows > 0
    errors = msgspec.json.encode(one.faults).decode() if one.faults else "[]"
    cursor.execute(
        _INSERT,
        (
            one.caller.shop_id, one.caller.key_id, EVENTS, one.key, one.digest, one.body, one.rows, len(one.faults),
            errors, 202 if is_taken else 422, "{}", one.at, one.status, one.at if is_taken else None, "", 0, "",
        ),
    )  # fmt: skip
    made = cursor.fetchone()
    if made is not None:
        return Accepted("accepted" if is_taken else "nothing", made[0], one.rows, one.faults)
    before = InboundCall._base_manager.get(shop_id=one.caller.shop_id, noun=EVENTS, idempotency_key=one.key)
    if before.digest != one.digest:
        return Accepted("key_reused", before.pk)
    return Accepted("accepted", before.pk, before.rows, [Fault(**fault) for fault in before.errors], is_replay=True)
