"""Calls that wait together are committed together; what became of one is never told to another."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, OperationalError, transaction

from regulars.core.actions import create_api_key, revoke_api_key
from regulars.core.models import Shop
from regulars.know.intake.actions import Accepted, Caller, accept, accept_events
from regulars.know.intake.actions.committer import Committer, Waiting
from regulars.know.intake.models import InboundCall

VIEW = {"type": "page.viewed", "at": "2026-06-10T07:00:00Z", "customer": {"number": "C-1"}}
NOW = datetime(2026, 6, 10, 8, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(slots=True, eq=False)
class One(Waiting):
    name: str


class Disk:
    """What is written, and in which company. The first write waits until `is_open`, so that others gather behind it."""

    def __init__(self, fails: Callable[[Sequence[One]], Exception | None]) -> None:
        self.fails, self.is_at_work, self.is_open = fails, threading.Event(), threading.Event()
        self.written: list[list[str]] = []

    def write(self, batch: Sequence[One]) -> None:
        self.is_at_work.set()
        assert self.is_open.wait(20)
        error = self.fails(batch)
        if error is not None:
            raise error
        self.written.append(sorted(one.name for one in batch))


def all_at_once(disk: Disk, names: str) -> dict[str, str]:
    """What each of `names` was told, when the first is being written while the others come."""
    disk.is_at_work.clear()
    disk.is_open.clear()
    committer, told = Committer(disk.write), {}

    def come(name: str) -> None:
        try:
            committer.commit(One(name))
            told[name] = "written" if any(name in batch for batch in disk.written) else "lost"
        except Exception as error:  # noqa: BLE001 - told to the test
            told[name] = repr(error)

    threads = [threading.Thread(target=come, args=(name,)) for name in names]
    threads[0].start()
    assert disk.is_at_work.wait(20)
    for thread in threads[1:]:
        thread.start()
    while committer._queue.qsize() < len(names) - 1:
        time.sleep(0.001)
    assert not told
    disk.is_open.set()
    for thread in threads:
        thread.join(20)
    return told


def test_who_waits_together_is_written_together() -> None:
    disk = Disk(lambda _batch: None)
    assert all_at_once(disk, "abcdef") == dict.fromkeys("abcdef", "written")
    assert disk.written == [["a"], ["b", "c", "d", "e", "f"]]


def test_what_cannot_be_written_keeps_nothing_else_from_the_disk() -> None:
    disk = Disk(lambda batch: DataError("no") if any(one.name == "c" for one in batch) else None)
    assert all_at_once(disk, "abcd") == {"a": "written", "b": "written", "c": "DataError('no')", "d": "written"}


def test_where_the_database_is_away_everybody_hears_it_and_the_next_is_written() -> None:
    answers = [None, OperationalError("away"), None]
    disk = Disk(lambda _batch: answers.pop(0))
    told = all_at_once(disk, "abc")
    assert told == {"a": "written", "b": "OperationalError('away')", "c": "OperationalError('away')"}
    assert all_at_once(disk, "d") == {"d": "written"}


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Accepted]]:
    """Accepts calls `(caller, rows, key)` in one transaction, in their order."""

    def accepted(*calls: tuple[Caller, list[Any], str | None]) -> list[Accepted]:
        waiting: list[Any] = []
        monkeypatch.setattr(accept._committer, "commit", waiting.append)
        for caller, rows, key in calls:
            accept_events(caller, json.dumps(rows).encode(), key, NOW)
        monkeypatch.undo()
        accept._write(waiting)
        return [one.answer for one in waiting]

    return accepted


@pytest.mark.postgres
def test_calls_of_one_commit_are_each_answered_apart(shop: Shop, gathered: Callable[..., list[Accepted]]) -> None:
    # given a key that lives and one that was revoked; "old" was taken before
    caller = Caller(create_api_key(shop, "shop", ["events:write"], now=NOW)[0].pk, shop.pk)
    ended = create_api_key(shop, "former", ["events:write"], now=NOW)[0]
    revoke_api_key(ended, now=NOW)
    old = accept_events(caller, json.dumps([VIEW]).encode(), "old", NOW)

    # when calls of all kinds meet in one commit
    said = gathered(
        (caller, [VIEW, VIEW], "new"),
        (caller, [VIEW], "old"),
        (Caller(ended.pk, shop.pk), [VIEW], None),
        (caller, [VIEW, VIEW], "new"),
        (caller, [VIEW], "new"),
        (caller, [{"type": "x"}], "new"),
        (caller, [VIEW, {"type": "x"}], "part"),
        (caller, [VIEW, {"type": "x"}], "part"),
        (caller, [VIEW], None),
    )

    # then each has its own answer, and each that was taken has its own row
    assert [(one.outcome, one.rows, one.is_replay) for one in said] == [
        ("accepted", 2, False),
        ("accepted", 1, True),
        ("revoked", 0, False),
        ("accepted", 2, True),
        ("key_reused", 0, False),
        ("nothing", 0, False),
        ("accepted", 1, False),
        ("accepted", 1, True),
        ("accepted", 1, False),
    ]
    assert said[1].id == old.id
    assert said[3].id == said[0].id
    assert said[7].id == said[6].id
    assert [fault.place for fault in said[7].faults] == ["type"]
    stored = dict(InboundCall._base_manager.values_list("pk", "rows"))
    assert stored == {old.id: 1, said[0].id: 2, said[5].id: 0, said[6].id: 1, said[8].id: 1}

    # and what was kept only in part is known by what came, not by what was kept
    kept = InboundCall._base_manager.get(pk=said[6].id)
    assert gathered((caller, json.loads(kept.body), "part"))[0].outcome == "key_reused"


@pytest.mark.postgres
def test_inside_a_transaction_a_call_is_part_of_it(shop: Shop) -> None:
    caller = Caller(create_api_key(shop, "shop", ["events:write"], now=NOW)[0].pk, shop.pk)
    with transaction.atomic():
        assert accept_events(caller, json.dumps([VIEW]).encode(), "k", NOW).outcome == "accepted"
        transaction.set_rollback(True)
    assert not InboundCall._base_manager.exists()


@pytest.mark.postgres
def test_a_name_that_holds_nul_is_refused_and_told(shop: Shop) -> None:
    caller = Caller(create_api_key(shop, "shop", ["events:write"], now=NOW)[0].pk, shop.pk)
    said = accept_events(caller, json.dumps([VIEW, {**VIEW, "a\0b": 1}]).encode(), None, NOW)
    assert (said.outcome, said.rows, len(said.faults)) == ("accepted", 1, 1)
