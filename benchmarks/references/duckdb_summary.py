"""The summary of each customer by one DuckDB statement over a Parquet file; prints seconds and sums as JSON."""

import json
import sys
import time

import duckdb

TIMES = 3
SQL = """
    SELECT customer_id, SUM(orders) AS orders, COUNT(*) AS days, SUM(value) AS value, MIN(day) AS first_day,
           MAX(day) AS last_day, ARG_MIN(value, day) AS first_day_value
    FROM (SELECT customer_id, day, COUNT(*) AS orders, SUM(value) AS value FROM '{path}' GROUP BY customer_id, day)
    GROUP BY customer_id
"""


def main(path: str) -> None:
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        with duckdb.connect() as engine:
            found = engine.execute(SQL.format(path=path)).fetchnumpy()
        taken.append(time.perf_counter() - began)
    sums = {
        "customers": len(found["customer_id"]),
        "days": int(found["days"].sum()),
        "value": int(found["value"].sum()),
    }
    print(json.dumps({"seconds": sorted(taken[1:])[TIMES // 2], **sums}))


if __name__ == "__main__":
    main(*sys.argv[1:])
