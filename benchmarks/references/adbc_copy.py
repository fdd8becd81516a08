"""Copies the columns that the facts need from SQLite to one Parquet file by ADBC; prints seconds and rows as JSON."""

import json
import sys
import time

import adbc_driver_sqlite.dbapi as adbc
import pyarrow.parquet as pq

COLUMNS = "id, customer_id, value, list_value, discount, units, placed_at"
SELECT = f"SELECT {COLUMNS} FROM orders_order WHERE shop_id = 1 AND is_counted"


def main(source: str, target: str) -> None:
    began = time.perf_counter()
    rows = 0
    with adbc.connect(source) as database, database.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": 65_536})
        cursor.execute(SELECT)
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(target, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    print(json.dumps({"seconds": time.perf_counter() - began, "rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
