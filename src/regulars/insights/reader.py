"""Reads the records column by column: ADBC where it can, in one consistent read; else Django's own connection."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection

CHILD = Path(__file__).with_name("sqlite_child.py")

Read = Callable[[str], Any]
"""From a SELECT of whole numbers and a `moment` to a pyarrow RecordBatchReader. One at a time: it is read to its
end before the next is asked for."""


@contextmanager
def consistent_read() -> Iterator[Read]:
    """A `Read` all of whose answers show the records at one instant, however many write meanwhile.

    What this process has not committed yet (a test, a caller's transaction) another connection cannot see: then, and for a
    database in memory, the rows come through Django's connection.
    """
    if connection.in_atomic_block or "memory" in str(connection.settings_dict["NAME"]):
        yield _through_django
    elif connection.vendor == "sqlite":
        with _sqlite() as read:
            yield read
    else:
        with _postgres() as read:
            yield read


@contextmanager
def _sqlite() -> Iterator[Read]:
    """By a child process: the reason is in `sqlite_child`."""
    path = str(connection.settings_dict["NAME"])
    child = subprocess.Popen(
        [sys.executable, "-I", str(CHILD), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False
    )
    assert child.stdin is not None
    assert child.stdout is not None

    def read(select: str) -> Any:
        assert child.stdin is not None
        child.stdin.write(" ".join(select.split()).encode() + b"\n")
        child.stdin.flush()
        return pa.ipc.open_stream(child.stdout)

    try:
        yield read
        child.stdin.close()
        if child.wait(60):
            raise RuntimeError(f"reading the records ended with {child.returncode}")
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        child.stdout.close()


@contextmanager
def _postgres() -> Iterator[Read]:
    import adbc_driver_postgresql.dbapi as adbc
    from psycopg.conninfo import make_conninfo

    said = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    where = make_conninfo(**{name: said[key] for name, key in names.items() if said.get(key)})
    with adbc.connect(where, autocommit=True) as database, database.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

        def read(select: str) -> Any:
            cursor.execute(select)
            return cursor.fetch_record_batch()

        yield read
        cursor.execute("COMMIT")


def _through_django(select: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(select)
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [_array(name, list(column)) for name, column in zip(names, columns, strict=True)]
    return pa.table(dict(zip(names, arrays, strict=True))).to_reader()


def _array(name: str, values: list[Any]) -> Any:
    if name != "moment":
        return pa.array(values, pa.int64())
    if values and not isinstance(values[0], str):
        return pa.array(values, pa.timestamp("us", tz="UTC"))
    return pa.array(values, pa.string())
