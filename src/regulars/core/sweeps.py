"""Sweeps: functions that look for rows that fell due. A module declares them beside their rhythm in its `sweeps.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Shop

ShopSweep = Callable[["Shop", datetime], int]


@dataclass(frozen=True)
class Sweep:
    """A sweep of one shop.

    run: `(shop, now) -> rows handled`; 0 means that nothing was due. It handles one bounded batch and returns, and is
    called again at once while it returns something.
    every: the rhythm when there is nothing to do.
    serial: one worker at a time for each shop, held by a lease; else any number at once (it claims its own rows).
    lease: how long one call may take before another worker may run it.
    """

    key: str
    run: ShopSweep
    every: timedelta
    serial: bool
    lease: timedelta
    order: int


SWEEPS: dict[str, Sweep] = {}


def sweep(
    key: str, *, every: timedelta, serial: bool = True, lease: timedelta = timedelta(minutes=15), order: int = 50
) -> Callable[[ShopSweep], ShopSweep]:
    """Declares a sweep. `order` says who goes first when several are due at the same moment (low first)."""

    def declare(run: ShopSweep) -> ShopSweep:
        if key in SWEEPS and SWEEPS[key].run is not run:
            raise ValueError(f"two sweeps are called {key!r}")
        SWEEPS[key] = Sweep(key, run, every, serial, lease, order)
        return run

    return declare
