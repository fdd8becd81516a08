"""Reads an SQLite file by ADBC in a process of its own: `python sqlite_child.py FILE`, SELECTs on stdin, Arrow on stdout.

ADBC brings its own copy of SQLite. Two copies in one process must not open the same file: when one closes it, the system
drops the locks of both, and a writer elsewhere is no longer kept out (sqlite.org/howtocorrupt.html, section 2.2.1).
"""

import sys

import adbc_driver_manager as adbc
import adbc_driver_sqlite
import pyarrow as pa

BATCH_ROWS = 65_536


def main(path: str) -> None:
    """One SELECT a line in, one Arrow stream each out, all in one transaction, so that they show the same instant.

    By the plain interface of ADBC: that of DB-API imports pandas, which takes longer than a small shop's orders.
    """
    # Without autocommit the driver opens a transaction, and the first SELECT fixes the snapshot of all that follow.
    with adbc_driver_sqlite.connect(path) as database, adbc.AdbcConnection(database) as connection:
        connection.set_autocommit(False)
        for select in sys.stdin:
            with adbc.AdbcStatement(connection) as statement:
                statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
                statement.set_sql_query(select)
                stream, _ = statement.execute_query()
                reader = pa.RecordBatchReader.from_stream(stream)
                with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as answer:
                    for batch in reader:
                        answer.write_batch(batch)
                sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
