"""One progress bar for all that takes longer than two seconds, on stderr, so that `--json` on stdout stays clean."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PATIENCE = 2.0
"""Seconds before anything is shown: what is done by then needs no bar."""


class Work:
    """A piece of work under way; `advance` and `total` may be called as often as wanted, from any thread."""

    def __init__(self, what: str, total: float | None, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task(what, total=total)

    def advance(self, by: float = 1) -> None:
        """`by` more units are done."""
        self._bar.advance(self._task, by)

    def done(self, so_far: float) -> None:
        """`so_far` units are done by now."""
        self._bar.update(self._task, completed=so_far)

    def total(self, units: float) -> None:
        """The size of the work became known."""
        self._bar.update(self._task, total=units)

    def says(self, what: str) -> None:
        """The work has come to another part."""
        self._bar.update(self._task, description=what)


@contextmanager
def progress(what: str, total: float | None = None, *, patience: float = PATIENCE) -> Iterator[Work]:
    """`with progress("Importing orders", total=rows) as work: …; work.advance(1000)`.

    Shown once `patience` seconds have passed: a bar on a terminal; elsewhere one line then and one at the end.
    `total` in any unit; None while it is unknown.
    """
    console = Console(stderr=True)
    work = Work(what, total, console)
    began = time.monotonic()
    shown = threading.Event()
    lock = threading.Lock()
    over = False

    def show() -> None:
        with lock:
            if over:
                return
            shown.set()
            if console.is_terminal:
                work._bar.start()
            else:
                print(f"{what} …", file=sys.stderr, flush=True)

    timer = threading.Timer(patience, show)
    timer.daemon = True
    timer.start()
    try:
        yield work
    finally:
        timer.cancel()
        with lock:
            over = True
        if shown.is_set():
            if console.is_terminal:
                work._bar.stop()
            else:
                print(f"{what}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
