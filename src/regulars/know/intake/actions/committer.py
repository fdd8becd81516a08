"""Callers that wait at the same moment share one commit, written by one thread over one connection.

One thread, because each connection of its own finds its page cache stale after a commit by another, and because callers
that take turns at writing wake one another once more for every commit.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from django.db import DatabaseError, DataError, IntegrityError, close_old_connections, connection

MOST = 64
"""Callers that share a commit."""
GATHER = 0.001
"""Seconds that a commit waits where fewer are there than shared the one before: those are on their way back, and each
commit costs what it costs for one."""
IDLE = 60.0
"""Seconds without a caller after which the connection is closed."""


def _locked() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """What a caller waits for. error: why it was not written."""

    is_written: threading.Lock = field(default_factory=_locked, init=False)
    error: Exception | None = field(default=None, init=False)


class Committer:
    """Calls `write` with what waits: one transaction for all of it, or an exception and nothing of it is written."""

    def __init__(self, write: Callable[[Sequence[Any]], None]) -> None:
        self._write = write
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def commit(self, one: Waiting) -> None:
        """Returns when `one` is on disk; raises what kept it from there."""
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                    self._thread.start()
        self._queue.put(one)
        one.is_written.acquire()
        if one.error is not None:
            raise one.error

    def _run(self) -> None:
        batch: list[Waiting] = []
        while True:
            shared, batch = len(batch), [self._next()]
            if 1 + self._queue.qsize() < shared:
                time.sleep(GATHER)
            batch += [self._queue.get() for _ in range(min(self._queue.qsize(), MOST - 1))]
            try:
                self._write_apart_if_needed(batch)
            except Exception as error:  # noqa: BLE001 - raised in the thread of every caller
                for one in batch:
                    one.error = error
            for one in batch:
                one.is_written.release()

    def _next(self) -> Waiting:
        try:
            return self._queue.get(timeout=IDLE)
        except Empty:
            with suppress(DatabaseError):
                connection.close()
            return self._queue.get()

    def _write_apart_if_needed(self, batch: Sequence[Waiting]) -> None:
        close_old_connections()
        try:
            self._write(batch)
        except (DataError, IntegrityError):
            if len(batch) == 1:
                raise
            for one in batch:  # what cannot be written keeps nothing else from it
                try:
                    self._write([one])
                except (DataError, IntegrityError) as error:
                    one.error = error
