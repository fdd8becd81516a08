"""The one door to Ibis: opens a snapshot as tables and answers SQL over them.

SQL is written in DuckDB's dialect. DuckDB in this process runs it as it is; another engine, named by REGULARS_WAREHOUSE,
gets it translated by Ibis and reads the same Parquet files.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
from django.conf import settings

from .facts import DERIVED_COLUMNS, FACTS, Fact
from .snapshot import Snapshot


class Warehouse:
    """The tables of one snapshot as `facts` names them (orders, returns, refunds, spans, …), and what the caller adds."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def table(self, sql: str) -> Any:
        """The answer as a pyarrow Table."""
        if self._backend.name == "duckdb":
            return self._backend.con.sql(sql).to_arrow_table()
        return self._backend.sql(sql, dialect="duckdb").to_pyarrow()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The answer as dictionaries: for answers of some hundred rows."""
        return list(self.table(sql).to_pylist())

    def arrays(self, sql: str) -> dict[str, Any]:
        """The answer as one numpy array a column: for answers of millions of rows. Dates are days since 1970-01-01."""
        found = self.table(sql)
        return {
            name: (column.cast(pa.int32()) if pa.types.is_date32(column.type) else column).to_numpy()
            for name, column in zip(found.column_names, found.columns, strict=True)
        }

    def keep(self, name: str, sql: str) -> None:
        """Computes `sql` once and keeps the answer as the table `name`."""
        if self._backend.name == "duckdb":
            self._backend.raw_sql(f"CREATE OR REPLACE TABLE {name} AS {sql}")
        else:
            self._backend.create_table(name, self._backend.sql(sql, dialect="duckdb"), overwrite=True)

    def give(self, name: str, columns: Mapping[str, Sequence[Any]], types: Mapping[str, Any]) -> None:
        """Puts a small table of the caller's own beside the facts."""
        arrays = {column: pa.array(values, types[column]) for column, values in columns.items()}
        if self._backend.name == "duckdb":
            self._backend.con.register(name, pa.table(arrays))
        else:
            self._backend.create_table(name, pa.table(arrays), overwrite=True)

    def attach(self, name: str, files: Sequence[str], empty: dict[str, str]) -> None:
        """The Parquet files as the table `name`; without files an empty one with the columns of `empty` (name → type)."""
        if not files:
            columns = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in empty.items())
            self.keep(name, f"SELECT {columns} WHERE FALSE")
        elif self._backend.name == "duckdb":
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
            self._backend.raw_sql(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet([{listed}])")
        else:
            self._backend.read_parquet(list(files), table_name=name)


@contextmanager
def open_snapshot(snapshot: Snapshot) -> Iterator[Warehouse]:
    """`with open_snapshot(snapshot) as warehouse: warehouse.rows("SELECT COUNT(*) FROM orders")`."""
    backend = ibis.connect(settings.REGULARS_WAREHOUSE)
    try:
        warehouse = Warehouse(backend)
        for fact in FACTS:
            warehouse.attach(fact.name, snapshot.files(fact.name), _columns(fact))
        for name, columns in DERIVED_COLUMNS.items():
            warehouse.attach(name, snapshot.files(name), columns)
        yield warehouse
    finally:
        backend.disconnect()


def _columns(fact: Fact) -> dict[str, str]:
    return dict.fromkeys(fact.columns, "BIGINT") | {"moment": "TIMESTAMP", "day": "DATE"}


def literal(day: date) -> str:
    """A day as SQL writes it."""
    return f"DATE '{day.isoformat()}'"
