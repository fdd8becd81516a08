"""Reads an SQLite file by ADBC in a process of its own: `python sqlite_child.py FILE`, SELECTs on stdin, Arrow on stdout.

ADBC brings its own copy of SQLite. Two copies in one process must not open the same file: when one closes it, the system
drops the locks of both, and a writer elsewhere is no longer kept out (sqlite.org/howtocorrupt.html, section 2.2.1).
"""

import sys

BATCH_ROWS = 65_536


def main(path: str) -> None:
    """One SELECT a line in, one Arrow stream each out, all in one transaction, so that they show the same instant."""
    import adbc_driver_sqlite.dbapi as adbc
    import pyarrow as pa

    # Without autocommit the driver opens a transaction, and the first SELECT fixes the snapshot of all that follow.
    with adbc.connect(path) as database, database.cursor() as cursor:
        for select in sys.stdin:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
            cursor.execute(select)
            reader = cursor.fetch_record_batch()
            with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
                for batch in reader:
                    stream.write_batch(batch)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
