"""Many rows at once: inserts and updates that go past the ORM's cost of an object a row, on both databases."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.db import connection, models


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Inserts `rows` (values of `columns`, database column names, in their order) with one statement.

    PostgreSQL takes them by COPY, SQLite by one prepared statement. Values must be as the database takes them: aware
    datetimes pass through `moments()`. A broken constraint fails the whole transaction.
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


def select(
    model: type[models.Model], columns: Sequence[str], shop_id: int, by: str, values: Iterable[Any]
) -> list[tuple[Any, ...]]:
    """Rows of the shop whose column `by` is one of `values`, as the driver gives them (no moments, no JSON).

    The values travel as one parameter: the ORM's `in` costs more for a thousand of them than finding the rows.
    """
    wanted = list(values)
    if not wanted:
        return []
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in columns)
    is_postgres = connection.vendor == "postgresql"
    among = "= ANY(%s)" if is_postgres else "IN (SELECT value FROM json_each(%s))"
    table = quote(model._meta.db_table)
    statement = f"SELECT {names} FROM {table} WHERE shop_id = %s AND {quote(by)} {among}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, [shop_id, wanted if is_postgres else json.dumps(wanted)])
        return list(cursor.fetchall())


def moments() -> Callable[[datetime | None], Any]:
    """The function that makes of aware datetimes (or None) what this database takes in plain SQL."""
    return _as_is if connection.vendor == "postgresql" else _as_text


def _as_is(value: datetime | None) -> Any:
    return value


def _as_text(value: datetime | None) -> Any:
    """As Django writes it into SQLite: UTC without the offset."""
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def moment(value: datetime | None) -> Any:
    """One datetime (or None) as this database takes it in plain SQL; for many, ask `moments()` once."""
    return moments()(value)
