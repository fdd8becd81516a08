"""What the database must be told now and then, so that it stays quick."""

from datetime import datetime, timedelta

from django.db import connection

from . import tallies
from .models import Shop
from .sweeps import sweep

LOOKED_AT = 400
"""Rows looked at for each index: the sizes need not be exact, and a large shop must not wait for them."""


def note_sizes() -> bool:
    """Lets SQLite note how many rows its tables hold and how well each index tells them apart; says whether it did.

    Without, it takes all customers of a shop for a handful, and goes through them where it should look up a few by key.
    PostgreSQL does so by itself.
    """
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {LOOKED_AT}")
        cursor.execute("ANALYZE")
    return True


@sweep("core.sizes", every=timedelta(hours=1), order=97)
def keep_sizes(shop: Shop, now: datetime) -> int:
    """SQLite notes anew how large its tables are, so that it chooses the right index."""
    note_sizes()
    return 0


@sweep("core.tallies", every=timedelta(minutes=1), order=96)
def keep_tallies(shop: Shop, now: datetime) -> int:
    """Sets the triggers of kept numbers again where they are missing, and folds what PostgreSQL noted."""
    if tallies.missing():
        tallies.install_missing()
    tallies.fold(shop)
    return 0
