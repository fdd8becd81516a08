"""Many rows at once: inserts and updates that go past the ORM's cost of an object a row, on both databases."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connection, models


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts `rows` (values of `columns`, database column names, in their order) with one statement.

    PostgreSQL takes them by COPY, SQLite by one prepared statement. Values must be as the database takes them: aware
    datetimes pass through `moment`. A broken constraint fails the whole transaction.
    """
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
            cursor.executemany(statement, cast(Any, rows))  # sqlite3 takes any iterable


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Updates rows by primary key: each of `rows` holds the values of `columns`, then the key. One prepared statement."""
    if not rows:
        return
    sets = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {sets} WHERE id = %s", rows)  # noqa: S608 - our own names


def moment(value: Any) -> Any:
    """A datetime (or None) as this database takes it in plain SQL."""
    return connection.ops.adapt_datetimefield_value(value)
