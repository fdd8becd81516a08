"""Events in by a bare ASGI application: msgspec checks them, SQLite keeps them, committed before the answer.

Called with the port, the database file and SQLite's `synchronous` (NORMAL: not safe against a power cut).
"""

import sqlite3
import sys
from datetime import datetime
from typing import Annotated, Any

import msgspec
import uvicorn


class Who(msgspec.Struct):
    number: str


class Event(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(max_length=60)]
    id: str
    at: datetime
    customer: Who
    data: dict[str, Any]


decode = msgspec.json.Decoder(list[Event]).decode
encode = msgspec.json.encode
INSERT = "INSERT OR IGNORE INTO event (id, type, at, customer, data) VALUES (?, ?, ?, ?, ?)"


def store(path: str, synchronous: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={synchronous}")
    database.execute(
        "CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, type TEXT, at TEXT, customer TEXT, data TEXT) WITHOUT ROWID"
    )
    return database


def application(database: sqlite3.Connection) -> Any:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            events = decode(body)
            status, answer = 202, b'{"accepted":%d}' % len(events)
        except msgspec.ValidationError as error:
            events, status, answer = [], 422, encode({"error": str(error)})
        rows = [(one.id, one.type, one.at.isoformat(), one.customer.number, encode(one.data)) for one in events]
        database.execute("BEGIN IMMEDIATE")
        database.executemany(INSERT, rows)
        database.execute("COMMIT")
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return app


if __name__ == "__main__":
    port, path, synchronous = sys.argv[1:]
    uvicorn.run(
        application(store(path, synchronous)),
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        access_log=False,
        lifespan="off",
    )
