"""A call of one of the nouns that are written before the answer: the same Idempotency-Key gives the same answer."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
from django.db import connection, transaction

from regulars.core.claim import DueRow
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import Fault

from .accept import KEPT_BYTES, Caller

CLASS = 0x52454756
"""Advisory locks of PostgreSQL for keys that are in use."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, parsed. digest: of its body."""

    caller: Caller
    noun: str
    key: str | None
    digest: str
    body: bytes


@dataclass(slots=True)
class Work:
    """What a call did. rows: taken; results: one mapping for each of them; faults: why the others were not."""

    rows: int = 0
    results: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def answer_once(shop: Shop, call: Call, work: Callable[[], Work], now: datetime) -> tuple[int, dict[str, Any], bool]:
    """Runs `work` and keeps its answer, in one transaction; or gives the answer that the key had before.

    Returns status, body, and whether it is a replay. Raises Refused with code `key_in_use` while the same key is at work
    elsewhere, `key_reused` where its body was another, `revoked` where the API key ended meanwhile.
    """
    with _alone(shop, call), transaction.atomic():
        _lock(shop, call)
        before = _before(shop, call)
        if before is not None:
            return before.status_code, before.answer, True
        done = work()
        status = 200 if done.rows else 422
        answer: dict[str, Any] = {"results": done.results, "errors": msgspec.to_builtins(done.faults)}
        is_taken = done.rows > 0
        InboundCall._base_manager.create(
            shop=shop,
            api_key_id=call.caller.key_id,
            noun=call.noun,
            # What was refused whole may be repaired and sent again under its key.
            idempotency_key=call.key if is_taken else None,
            digest=call.digest if is_taken and call.key else "",
            body=b"" if is_taken else call.body[:KEPT_BYTES],
            rows=done.rows,
            rejected=len(done.faults),
            errors=answer["errors"],
            status_code=status,
            answer=answer if call.key and is_taken else {},
            received_at=now,
            settled_at=now,
            status=DueRow.Status.DONE if is_taken else DueRow.Status.FAILED,
        )
    return status, answer, False


def _before(shop: Shop, call: Call) -> InboundCall | None:
    if call.key is None:
        return None
    found = InboundCall._base_manager.filter(shop=shop, noun=call.noun, idempotency_key=call.key).first()
    if found is not None and found.digest != call.digest:
        raise Refused("this Idempotency-Key came with another body before; take a new one", code="key_reused")
    return found


_at_work: set[tuple[int, str, str]] = set()
_guard = threading.Lock()


@contextmanager
def _alone(shop: Shop, call: Call) -> Iterator[None]:
    """Within this process nobody else works under the same key."""
    if call.key is None:
        yield
        return
    name = (shop.pk, call.noun, call.key)
    with _guard:
        if name in _at_work:
            raise _in_use()
        _at_work.add(name)
    try:
        yield
    finally:
        with _guard:
            _at_work.discard(name)


def _lock(shop: Shop, call: Call) -> None:
    """Nor in another process. On SQLite a transaction that writes is alone: who comes second finds the answer."""
    if call.key is None or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        name = crc32(f"{shop.pk}:{call.noun}:{call.key}".encode()) - 2**31
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CLASS, name])
        if not cursor.fetchone()[0]:
            raise _in_use()


def _in_use() -> Refused:
    return Refused("a call with this Idempotency-Key is at work; ask again in a moment", code="key_in_use")


def rounds(rows: Sequence[tuple[int, Any]], name: Callable[[Any], str]) -> Iterator[list[tuple[int, Any]]]:
    """`rows` in as few lists as it takes for each name to come once in a list, in order."""
    left = list(rows)
    while left:
        seen: set[str] = set()
        now: list[tuple[int, Any]] = []
        later: list[tuple[int, Any]] = []
        for index, row in left:
            (later if name(row) in seen else now).append((index, row))
            seen.add(name(row))
        yield now
        left = later
