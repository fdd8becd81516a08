"""Facts of one shop are written by one writer at a time, so that "newest wins" needs no second look."""

from django.db import connection

from .models import Shop

CLASS = 0x52454755
"""Apart from advisory locks that others may take."""


def take_turn(shop: Shop) -> None:
    """Waits until no other transaction writes facts of this shop; held to the end of the transaction.

    On SQLite a transaction that writes is alone anyway (IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLASS, shop.pk & 0x7FFFFFFF])
