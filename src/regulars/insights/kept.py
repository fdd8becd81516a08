"""What pages show of a shop's figures without computing: the boards of the overview and the sheets of the figures.

A board or sheet of older facts is shown rather than computing while somebody waits (the sweep makes the next one); it says
how old it is.
"""

from datetime import datetime

from regulars.core.models import Shop

from . import board, facts, sheets, shelf, snapshot
from .board import Board
from .courses import SPANS_OF_DAYS, courses
from .figures import Ask
from .sheets import Sheet
from .snapshot import Snapshot
from .warehouse import open_snapshot

SHEETS = "sheets"


def board_of(shop: Shop, span: str, now: datetime) -> Board | None:
    """The newest board of this span of days; None if the shop has no counted order. Only the very first is computed here."""
    present = snapshot.current(shop)
    if present is not None and (said := shelf.read(shop, present, span)) is not None:
        return Board(said)
    made = facts.fresh(shop, now)
    if made.first_day is None:
        return None
    keep_all(shop, made, now)
    said = shelf.read(shop, made, span)
    return None if said is None else Board(said)


def sheet_of(shop: Shop, at: Snapshot, key: str) -> Sheet | None:
    """The newest sheet of this figure; None if none is kept yet."""
    said = shelf.read(shop, at, SHEETS)
    return None if said is None else sheets.sheet(key, said)


def is_kept(shop: Shop, of: Snapshot) -> bool:
    """Whether all of this snapshot and fit is there, or there is nothing to show."""
    return of.first_day is None or all(shelf.has(shop, of, name) for name in (*SPANS_OF_DAYS, SHEETS))


def keep_all(shop: Shop, of: Snapshot, now: datetime) -> None:
    """Computes what pages show of a snapshot and takes that of older ones away."""
    if of.first_day is None:
        return
    with open_snapshot(of) as warehouse:
        ask = Ask(shop, of, warehouse, (), now)
        made = courses(ask)
        said = board.compute(ask, made)
        said[SHEETS] = sheets.compute(ask, made)
    shelf.keep(shop, of, said)
