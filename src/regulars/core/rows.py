"""Many rows at once: one prepared statement, without a model instance for each row.

`bulk_create` spends most of its time building one long statement; where neither keys nor instances are needed back,
this is several times quicker.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connections, models, router


def insert_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, ignore_conflicts: bool = False
) -> None:
    """Inserts `rows`, each with a value for each of `columns` (names of columns in the database; all that have no
    default there). Moments are aware, JSON is given as Python values. With `ignore_conflicts`, what is there stays.
    """
    connection = connections[router.db_for_write(model)]
    adapt = [_adapter(model, column, connection) for column in columns]
    values = [
        [value if convert is None else convert(value) for convert, value in zip(adapt, row, strict=True)]
        for row in rows
    ]
    if not values:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608
    if ignore_conflicts:
        sql += " ON CONFLICT DO NOTHING"
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _adapter(model: type[models.Model], column: str, connection: Any) -> Callable[[Any], Any] | None:
    """How a value of the column is given to the driver; None: as it is."""
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    if isinstance(field, models.DateTimeField):
        convert: Callable[[Any], Any] = connection.ops.adapt_datetimefield_value
        return convert
    return json.dumps if isinstance(field, models.JSONField) else None
