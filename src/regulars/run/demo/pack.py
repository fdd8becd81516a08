"""A database of SQLite as one small file, and back with all its moments moved by whole days.

Playing a year takes minutes, so that it is done once and shipped. A file of SQLite compresses badly: its pages mix the
columns, and its indexes repeat them. Here each column lies by itself, numbers and moments as differences to the row
before, and indexes are made anew: half the size of the compressed database, and the schema needs no migration but the
newest.

The file is xz: a line of JSON for the schema, then for each table a line that names it and a line for each column.
"""

import json
import lzma
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import DateField, DateTimeField, Field, JSONField

Kind = type["Field[Any, Any]"]
Kinds = Mapping[tuple[str, str], Kind]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_MOMENT = re.compile(r'(?<=")(\d{4}-\d\d-\d\d)(?=["T ])')
"""The date of a moment or a day that stands as a text in JSON."""


def pack(database: Path, file: Path, *, without: Collection[str] = (), blank: Collection[tuple[str, str]] = ()) -> None:
    """Writes all tables of `database` into `file`, those in `without` empty. Nobody else may write meanwhile.

    blank: columns (table, column) of text that are left empty.
    """
    kinds = _kinds()
    source = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        with lzma.open(file, "wt", encoding="utf-8", preset=9) as out:
            schema = source.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
            ).fetchall()
            out.write(json.dumps(schema) + "\n")
            names = [name for kind, name, _sql in schema if kind == "table"]
            for name in (*names, "sqlite_sequence"):
                rows = source.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - names of the schema
                columns = [column[0] for column in rows.description]
                values = [] if name in without else list(zip(*rows.fetchall(), strict=True))
                out.write(json.dumps([name, columns, len(values[0]) if values else 0]) + "\n")
                for column, cells in zip(columns, values, strict=False):
                    told = ("",) * len(cells) if (name, column) in blank else cells
                    out.write(json.dumps(_packed(told, kinds.get((name, column)))) + "\n")
    finally:
        source.close()


def unpack(file: Path, database: Path, days: int) -> None:
    """Makes `database` (which must not exist) of what was packed, every moment and date moved by `days`."""
    kinds = _kinds()
    target = sqlite3.connect(database, isolation_level=None)
    try:
        target.execute("PRAGMA journal_mode=OFF")  # a database that is half made is thrown away
        target.execute("PRAGMA synchronous=OFF")
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            schema = json.loads(next(lines))
            target.execute("BEGIN")
            _make(target, schema, "table")
            for name, columns, count in map(json.loads, lines):
                if name == "sqlite_sequence":  # the rows that came in have begun to fill it
                    target.execute("DELETE FROM sqlite_sequence")
                if not count:
                    continue
                cells = [_unpacked(json.loads(next(lines)), kinds.get((name, column)), days) for column in columns]
                marks = ", ".join("?" * len(columns))
                named = ", ".join(f'"{column}"' for column in columns)
                target.executemany(
                    f'INSERT INTO "{name}" ({named}) VALUES ({marks})',  # noqa: S608 - names of the schema
                    zip(*cells, strict=True),
                )
            _make(target, schema, "index")
            _make(target, schema, "trigger")  # last, since they count what comes in
            target.execute("COMMIT")
        target.execute("ANALYZE")
    finally:
        target.close()


def _make(target: sqlite3.Connection, schema: Sequence[Sequence[str]], kind: str) -> None:
    for one, _name, sql in schema:
        if one == kind:
            target.execute(sql)


def _kinds() -> Kinds:
    """What the columns hold, by table and column, where it is a moment, a day or JSON."""
    found: dict[tuple[str, str], Kind] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            for kind in (DateTimeField, DateField, JSONField):  # a moment is a day too
                if isinstance(field, kind) and field.column is not None:
                    found[model._meta.db_table, field.column] = kind
                    break
    found["django_migrations", "applied"] = DateTimeField
    return found


def _packed(cells: Sequence[Any], kind: Kind | None) -> list[Any]:
    if kind is DateTimeField:
        cells = [None if cell is None else (_moment(cell) - EPOCH) // MICROSECOND for cell in cells]
    if all(cell is None or type(cell) is int for cell in cells):
        return ["numbers", *_differences(cells)]
    return ["cells", *cells]


def _unpacked(packed: list[Any], kind: Kind | None, days: int) -> Iterator[Any]:
    how, *cells = packed
    values: Iterator[Any] = _sums(cells) if how == "numbers" else iter(cells)
    if kind is DateTimeField:
        moved = days * 86_400_000_000
        return _each(values, lambda cell: _text(EPOCH + (cell + moved) * MICROSECOND))
    if kind is DateField:
        return _each(values, lambda cell: _moved(cell, days))
    if kind is JSONField:
        return _each(values, lambda cell: _MOMENT.sub(lambda day: _moved(day[0], days), cell))
    return values


def _differences(cells: Sequence[int | None]) -> Iterator[int | None]:
    last = 0
    for cell in cells:
        yield None if cell is None else cell - last
        last = last if cell is None else cell


def _sums(cells: Sequence[int | None]) -> Iterator[int | None]:
    last = 0
    for cell in cells:
        last += cell or 0
        yield None if cell is None else last


def _each(values: Iterator[Any], change: Callable[[Any], Any]) -> Iterator[Any]:
    return (None if value is None else change(value) for value in values)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _text(moment: datetime) -> str:
    """As Django writes it into SQLite: UTC without the offset."""
    return moment.replace(tzinfo=None).isoformat(" ")


def _moved(day: str, days: int) -> str:
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()
