"""The worker loop: the timetable, again and again, until it is told to stop."""

import gc
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import OperationalError, close_old_connections

from . import clock as house_clock
from .timetable import run_due, write_timetable

log = structlog.get_logger("regulars.worker")

PAUSE = 1.0
"""Seconds between two looks at the timetable when nothing was due."""


def settle_in() -> None:
    """What is loaded by now stays for good: the garbage collector need not look through it again and again. And a batch is
    thousands of rows without a cycle among them: it need not look at each 700 new objects either.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def work(stop: threading.Event, *, clock: Callable[[], datetime] = house_clock.now, pause: float = PAUSE) -> None:
    """Runs due sweeps until `stop` is set. A database that is away for a while is waited for."""
    settle_in()
    while not stop.is_set():
        close_old_connections()
        began = time.monotonic()
        try:
            write_timetable(clock())
            handled = run_due(clock(), clock=clock)
        except OperationalError:
            log.warning("database not reachable, trying again", exc_info=True)
            handled = 0
        if not handled:
            stop.wait(max(0.05, pause - (time.monotonic() - began)))
