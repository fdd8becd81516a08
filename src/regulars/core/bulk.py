"""Many rows at once: inserts and updates that go past the ORM's cost of an object a row, on both databases."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, cast

from django.db import connection, models

MOST_PARAMETERS = 16_000
"""Of one statement on SQLite, which allows 32,766; beyond this nothing is won."""


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, ignore_conflicts: bool = False
) -> None:
    """Inserts `rows`: values of `columns` (names in the database; all that have no default there), in their order.

    PostgreSQL takes them by COPY, SQLite by statements of many rows: on a table with triggers, inside a savepoint, each
    statement leaves a trace to be cut off what the savepoint keeps for undoing, which was seen to cost thirty times the
    row. Values must be as the database takes them: aware datetimes pass through `moments()`, JSON through `json.dumps`. A
    broken constraint fails the whole transaction; with `ignore_conflicts`, what is there stays.
    """
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    marks = f"({', '.join(['%s'] * len(columns))})"
    head = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 - our own names
    tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            left = iter(rows)
            while some := list(islice(left, MOST_PARAMETERS // len(columns))):
                cursor.execute(head + ", ".join([marks] * len(some)) + tail, list(chain.from_iterable(some)))
        elif ignore_conflicts:
            cursor.executemany(head + marks + tail, cast(Any, rows))  # the driver takes any iterable
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """`count` fresh primary keys, for rows that others of the same transaction point to. Call it inside `atomic`.

    On SQLite a transaction that writes is alone (IMMEDIATE), so that the keys after the last one are ours.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [number for (number,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        last = found[0] if found else 0
        return range(last + 1, last + 1 + count)


def change(
    model: type[models.Model],
    keys: Collection[int],
    changes: Mapping[str, Any],
    *,
    only: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
) -> int:
    """Gives the rows with these primary keys the same `changes` (column → value as the database takes it).

    only, unless: columns that must (not) still hold these values. Returns how many rows were changed. The keys travel
    as one parameter, as in `select`.
    """
    if not keys:
        return 0
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(name)} = %s" for name in changes)
    found, wanted = among(keys)
    held = "".join(f" AND {quote(name)} = %s" for name in only or {})
    held += "".join(f" AND {quote(name)} <> %s" for name in unless or {})
    statement = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE id {found}{held}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, [*changes.values(), wanted, *(only or {}).values(), *(unless or {}).values()])
        return int(cursor.rowcount)


def among(values: Collection[Any]) -> tuple[str, Any]:
    """What follows a column that must be one of `values` in plain SQL, and the one parameter that carries them."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", list(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))


def update(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    only: Mapping[str, Any] | None = None,
) -> None:
    """Updates rows by primary key: each of `rows` holds the values of `columns`, then the key. One prepared statement.

    only: columns that must still hold these values.
    """
    if not rows:
        return
    quote, held = connection.ops.quote_name, tuple((only or {}).values())
    sets = ", ".join(f"{quote(name)} = %s" for name in columns)
    guard = "".join(f" AND {quote(name)} = %s" for name in only or {})
    statement = f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE id = %s{guard}"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*row, *held) for row in rows] if held else rows)


def select(
    model: type[models.Model],
    columns: Sequence[str],
    shop_id: int,
    by: str,
    values: Iterable[Any],
    *,
    also: Mapping[str, Collection[Any]] | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of the shop whose column `by` is one of `values`, as the driver gives them (no moments, no JSON).

    also: further columns, and the few values that each may have; name those that stand before `by` in an index.
    The values travel as one parameter: the ORM's `in` costs more for a thousand of them than finding the rows.
    """
    wanted = list(values)
    if not wanted:
        return []
    quote = connection.ops.quote_name
    names = ", ".join(quote(name) for name in columns)
    conditions = [(quote(name), *among(some)) for name, some in {**(also or {}), by: wanted}.items()]
    told = " AND ".join(f"{name} {found}" for name, found, _carried in conditions)
    table = quote(model._meta.db_table)
    statement = f"SELECT {names} FROM {table} WHERE shop_id = %s AND {told}"  # noqa: S608 - our own names
    return fetch(statement, [shop_id, *(carried for _name, _found, carried in conditions)])


def fetch(statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement of our own, as the driver gives them (moments pass through `as_moment`)."""
    with connection.cursor() as cursor:
        cursor.execute(statement, cast(Any, parameters))
        return list(cursor.fetchall())


def moments() -> Callable[[datetime | None], Any]:
    """A function that makes of aware datetimes (or None) what this database takes in plain SQL.

    Ask for one for each batch: it remembers what it has written, since the rows of a batch share most of their moments.
    """
    if connection.vendor == "postgresql":
        return _as_is
    known: dict[datetime | None, Any] = {None: None}

    def text(value: datetime | None) -> Any:
        found = known.get(value)
        if found is None and value is not None:
            found = known[value] = _as_text(value)
        return found

    return text


def _as_is(value: datetime | None) -> Any:
    return value


def _as_text(value: datetime) -> str:
    """As Django writes it into SQLite: UTC without the offset."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def moment(value: datetime | None) -> Any:
    """One datetime (or None) as this database takes it in plain SQL; for many, ask `moments()` once."""
    return value if value is None or connection.vendor == "postgresql" else _as_text(value)


def as_moment(value: Any) -> Any:
    """The aware datetime (or None) that plain SQL gave: the way back from `moment`."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
