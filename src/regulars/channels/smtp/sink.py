"""The sink: a real SMTP server on a port of this machine that keeps each mail and sends none on. For the demo and for
trying out.

`serve` runs it where REGULARS_SMTP_URL is `sink://`; the worker talks SMTP to it as to any server. Mails lie in a
SQLite file of their own, `REGULARS_HOME/mail/sink.sqlite3`. What is answered with 250 is committed: mails that arrive
together are committed together, and only then answered, so that killing the process at any instant loses nothing that
was accepted.
"""

import asyncio
import os
import re
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

KEEP = 100_000
"""Mails kept; the oldest go first."""
MAX_MAIL = 10_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
    subject TEXT NOT NULL, name TEXT NOT NULL, message_id TEXT NOT NULL, size INTEGER NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS mail_by_recipient ON mail (recipient, id);
CREATE INDEX IF NOT EXISTS mail_by_message_id ON mail (message_id);
"""
_ADDRESS = re.compile(rb"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail in the sink. `raw` is empty in lists."""

    id: int
    received_at: datetime
    sender: str
    recipient: str
    subject: str
    name: str
    message_id: str
    size: int
    raw: bytes = b""


def folder() -> Path:
    """Where the sink keeps its file."""
    return Path(settings.REGULARS_HOME) / "mail"


def is_used() -> bool:
    """Whether mails go to the sink."""
    return urlsplit(str(settings.REGULARS_SMTP_URL)).scheme == "sink"


def resolve(url: str) -> str:
    """`sink://` as the smtp:// address the running sink listens on. Other addresses stay as they are.

    Where no sink runs, the address is one that refuses connections: mails wait until it does.
    """
    if urlsplit(url).scheme != "sink":
        return url
    try:
        port = int((folder() / "port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        port = 1
    return f"smtp://127.0.0.1:{port}?timeout=30"


class Store:
    """The sink's file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or folder() / "sink.sqlite3"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)

    def close(self) -> None:
        self.connection.close()

    def add(self, mails: list[tuple[str, str, bytes]], now: datetime) -> None:
        """Keeps `(sender, recipient, raw)` in one transaction."""
        rows = []
        for sender, recipient, raw in mails:
            end = raw.find(b"\r\n\r\n")
            head = message_from_bytes(raw[: end + 4] if end >= 0 else raw, policy=policy.default)
            to = head["to"]
            name = to.addresses[0].display_name if to is not None and getattr(to, "addresses", None) else ""
            rows.append(
                (
                    _dated(head, now).isoformat(),
                    sender,
                    recipient,
                    str(head["subject"] or ""),
                    name,
                    str(head["message-id"] or "").strip("<> "),
                    len(raw),
                    zlib.compress(raw, 1),
                )
            )
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany(
            "INSERT INTO mail (received_at, sender, recipient, subject, name, message_id, size, raw)"
            " VALUES (?,?,?,?,?,?,?,?)",
            rows,
        )
        self.connection.execute("DELETE FROM mail WHERE id <= (SELECT max(id) FROM mail) - ?", (KEEP,))
        self.connection.execute("COMMIT")

    def latest(self, *, limit: int = 50, before: int | None = None, search: str = "") -> list[Kept]:
        """The newest mails, without their content. before: only those older than this id. search: in recipient or
        subject.
        """
        pattern = f"%{search.replace('%', '').replace('_', '')}%"
        rows = self.connection.execute(
            "SELECT id, received_at, sender, recipient, subject, name, message_id, size FROM mail"
            " WHERE id < ? AND (recipient LIKE ? OR subject LIKE ? OR name LIKE ?) ORDER BY id DESC LIMIT ?",
            (before if before is not None else 1 << 62, pattern, pattern, pattern, limit),
        )
        return [_kept(row) for row in rows]

    def get(self, number: int) -> Kept | None:
        """One mail with its content."""
        row = self.connection.execute(
            "SELECT id, received_at, sender, recipient, subject, name, message_id, size, raw FROM mail WHERE id = ?",
            (number,),
        ).fetchone()
        return _kept(row[:8], zlib.decompress(row[8])) if row else None

    def since(self, number: int, *, limit: int = 500) -> list[Kept]:
        """The mails after `number` with their content, oldest first."""
        rows = self.connection.execute(
            "SELECT id, received_at, sender, recipient, subject, name, message_id, size, raw FROM mail"
            " WHERE id > ? ORDER BY id LIMIT ?",
            (number, limit),
        )
        return [_kept(row[:8], zlib.decompress(row[8])) for row in rows]

    def count(self) -> int:
        """Mails kept."""
        return int(self.connection.execute("SELECT count(*) FROM mail").fetchone()[0])


def _dated(head: Message, now: datetime) -> datetime:
    """The moment the mail names, so that a simulated day stays that day in the inbox; else the moment it came."""
    said = getattr(head["date"], "datetime", None)
    return said.astimezone(UTC) if isinstance(said, datetime) and said.tzinfo else now


def _kept(row: tuple[int, str, str, str, str, str, str, int], raw: bytes = b"") -> Kept:
    number, at, sender, recipient, subject, name, message_id, size = row
    return Kept(number, datetime.fromisoformat(at), sender, recipient, subject, name, message_id, size, raw)


class _Session(asyncio.Protocol):
    """One SMTP session. Commands may come in one go (PIPELINING); content is kept until the shared commit, then
    answered.
    """

    def __init__(self, sink: "Sink") -> None:
        self.sink = sink
        self.buffer = bytearray()
        self.in_content = False
        self.waiting = False
        self._reset()

    def _reset(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.sink.transports.add(transport)
        transport.write(b"220 sink.localhost ESMTP Regulars keeps every mail and sends none\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.sink.transports.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.go_on()

    def go_on(self) -> None:
        """Handles what is complete, one thing after the other; stops while a commit is awaited."""
        while not self.waiting and not self.transport.is_closing():
            if self.in_content:
                if not self._take_content():
                    return
            else:
                end = self.buffer.find(b"\n")
                if end < 0:
                    if len(self.buffer) > 4000:
                        self._say("500 line too long")
                        self.transport.close()
                    return
                line = bytes(self.buffer[:end]).rstrip(b"\r")
                del self.buffer[: end + 1]
                self._command(line)

    def _take_content(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            end, length = 0, 3
        else:
            end, length = self.buffer.find(b"\r\n.\r\n"), 5
        if end < 0:
            if len(self.buffer) > MAX_MAIL:
                self._say("552 too much")
                self.transport.close()
            return False
        raw = bytes(self.buffer[: end + length - 3])
        del self.buffer[: end + length]
        self.in_content = False
        if raw.startswith(b"."):
            raw = raw[1:]
        raw = raw.replace(b"\r\n..", b"\r\n.")
        self.waiting = True
        self.sink.keep([(self.sender or "", recipient, raw) for recipient in self.recipients], self._committed)
        self._reset()
        return True

    def _committed(self, is_kept: bool) -> None:
        self.waiting = False
        if not self.transport.is_closing():
            self._say("250 2.0.0 kept" if is_kept else "451 4.3.0 could not be kept, try again")
            self.go_on()

    def _say(self, text: str) -> None:
        self.transport.write(text.encode() + b"\r\n")

    def _command(self, line: bytes) -> None:
        word = line[:4].upper()
        address = _ADDRESS.search(line)
        if word == b"EHLO":
            self._reset()
            self._say(
                "250-sink.localhost\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                "250-ENHANCEDSTATUSCODES\r\n250 SIZE 10000000"
            )
        elif word == b"HELO":
            self._reset()
            self._say("250 sink.localhost")
        elif word == b"MAIL" and address:
            if self.sender is not None:
                self._say("503 5.5.1 one sender at a time")
            else:
                self.sender = address[1].decode("utf-8", "replace")
                self._say("250 2.1.0 ok")
        elif word == b"RCPT" and address:
            if self.sender is None:
                self._say("503 5.5.1 MAIL first")
            elif address[1].lower().endswith(b".invalid"):
                # RFC 2606: no such domain. So that bounces can be tried out.
                self._say("550 5.1.2 no such address")
            else:
                self.recipients.append(address[1].decode("utf-8", "replace"))
                self._say("250 2.1.5 ok")
        elif word == b"DATA":
            if not self.recipients:
                self._say("503 5.5.1 no recipient")
            else:
                self.in_content = True
                self._say("354 go on, end with a dot")
        elif word == b"RSET":
            self._reset()
            self._say("250 2.0.0 ok")
        elif word == b"NOOP":
            self._say("250 2.0.0 ok")
        elif word == b"QUIT":
            self._say("221 2.0.0 goodbye")
            self.transport.close()
        else:
            self._say("500 5.5.2 not understood")


class Sink:
    """The running server."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.store = store
        self.clock = clock
        self.transports: set[asyncio.Transport] = set()
        self.pending: list[tuple[list[tuple[str, str, bytes]], Callable[[bool], None]]] = []

    async def start(self, port: int = 0) -> asyncio.Server:
        """Listens on 127.0.0.1; port 0 takes any free one."""
        self.loop = asyncio.get_running_loop()
        return await self.loop.create_server(lambda: _Session(self), "127.0.0.1", port)

    def keep(self, mails: list[tuple[str, str, bytes]], committed: Callable[[bool], None]) -> None:
        """Keeps `mails` with all others that came in with them, then calls `committed`."""
        if not self.pending:
            self.loop.call_soon(self._commit)
        self.pending.append((mails, committed))

    def _commit(self) -> None:
        pending, self.pending = self.pending, []
        try:
            self.store.add([mail for mails, _committed in pending for mail in mails], self.clock())
            is_kept = True
        except sqlite3.Error:
            if self.store.connection.in_transaction:
                self.store.connection.rollback()
            is_kept = False
        for _mails, committed in pending:
            committed(is_kept)


def main() -> None:
    """The sink as a process of its own, until SIGTERM."""
    import signal

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(stop)

    asyncio.run(until_told())


async def run(stop: asyncio.Event, port: int = 0) -> None:
    """Runs the sink until `stop` is set; its port stands in `REGULARS_HOME/mail/port` for `sink://`."""
    store = Store()
    sink = Sink(store)
    server = await sink.start(port)
    note = folder() / "port"
    draft = note.with_name(f".port.{os.getpid()}")
    draft.write_text(str(server.sockets[0].getsockname()[1]), encoding="ascii")
    draft.replace(note)
    try:
        await stop.wait()
    finally:
        server.close()
        for transport in list(sink.transports):
            transport.close()
        note.unlink(missing_ok=True)
        store.close()
