"""A lean SMTP client (RFC 5321, 2920 PIPELINING, 3207 STARTTLS, 4954 AUTH, 6531 SMTPUTF8) over several connections.

One thread serves all connections: whichever has an answer is read and given its next command. With PIPELINING the
content of one message and the envelope of the next travel together, so that a message costs one round trip.

What it promises: a message is handed over at most once. When the line drops after the content was begun and before its
answer came, the outcome is `uncertain` and the message is not tried again; when it drops earlier, the message was
certainly not taken and goes out over another connection, or is `deferred`.
"""

import selectors
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic

from .connection import Connection, ConnectionFailed, Reply, Server

MAX_TRIES = 3
"""Connections that may fail in a row, without one message taken in between, before the server counts as away."""


@dataclass(slots=True)
class Envelope:
    """One message to hand over. data: with CRLF line ends; utf8: the address needs SMTPUTF8."""

    key: int
    sender: str
    recipient: str
    data: bytes
    utf8: bool = False
    failure: Reply | None = None
    failed_at: str = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """What the server said to one envelope. taken: it answered the content with 2xx. began: the content was begun.

    taken False, began True and reply None means: uncertain. at: the step that was answered (mail, rcpt, data, done).
    """

    key: int
    taken: bool
    began: bool
    reply: Reply | None
    at: str = ""


def _refused(envelope: Envelope, reply: Reply) -> Handed:
    """Not taken, and the content was never begun."""
    return Handed(envelope.key, False, False, reply, envelope.failed_at or "data")


class _Lane:
    """One connection with what it is still waiting for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.awaited: deque[tuple[str, Envelope]] = deque()
        self.deadline = 0.0
        self.must_reset = False
        self.later: deque[bytes] = deque()

    def offer(self, envelope: Envelope) -> None:
        """Sends the envelope's commands: all at once with PIPELINING, else the first alone."""
        self.connection.send(self.commands(envelope))
        self._renew()

    def commands(self, envelope: Envelope) -> bytes:
        """The bytes that open `envelope`, noted as awaited."""
        steps = [
            ("mail", self._mail(envelope)),
            ("rcpt", f"RCPT TO:<{envelope.recipient}>\r\n".encode()),
            ("data", b"DATA\r\n"),
        ]
        if self.must_reset:
            steps.insert(0, ("rset", b"RSET\r\n"))
            self.must_reset = False
        for step, _bytes in steps:
            self.awaited.append((step, envelope))
        if self.connection.has("PIPELINING"):
            return b"".join(part for _step, part in steps)
        self.later = deque(part for _step, part in steps[1:])
        return steps[0][1]

    def _mail(self, envelope: Envelope) -> bytes:
        utf8 = " SMTPUTF8" if envelope.utf8 else ""
        eight = " BODY=8BITMIME" if envelope.utf8 and self.connection.has("8BITMIME") else ""
        return f"MAIL FROM:<{envelope.sender}>{eight}{utf8}\r\n".encode()

    def _renew(self) -> None:
        self.deadline = monotonic() + self.connection.server.timeout

    def hear(self, reply: Reply, following: Callable[[], Envelope | None]) -> Handed | None:
        """Takes the answer to the oldest step that is awaited; sends what comes next. The outcome, if one is now known.

        following: gives the next envelope, to be sent together with the content.
        """
        step, envelope = self.awaited.popleft()
        self._renew()
        if step == "done":
            if envelope.failure:
                return _refused(envelope, envelope.failure)
            return Handed(envelope.key, reply.code < 300, True, reply, "done")
        if step == "data":
            if reply.code == 354:
                self._content(envelope, following)
                return None
            self.must_reset = True
            return _refused(envelope, envelope.failure or reply)
        if step in ("mail", "rcpt") and reply.code >= 300 and envelope.failure is None:
            envelope.failure, envelope.failed_at = reply, step
        if self.later:
            if envelope.failure:
                # Without PIPELINING nothing further was sent: the transaction ends here.
                self.later.clear()
                self.awaited.clear()
                self.must_reset = True
                return _refused(envelope, envelope.failure)
            self.connection.send(self.later.popleft())
        return None

    def _content(self, envelope: Envelope, following: Callable[[], Envelope | None]) -> None:
        self.awaited.append(("done", envelope))
        if envelope.failure:
            # The only recipient was refused, yet the server asks for content (RFC 2920, 3.1): it gets none.
            self.connection.send(b".\r\n")
            return
        data = envelope.data
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        opening = b""
        if self.connection.has("PIPELINING"):
            upcoming = following()
            if upcoming is not None:
                opening = self.commands(upcoming)
        self.connection.send(b"".join((b"." if data.startswith(b".") else b"", data, end, opening)))

    def fail(self) -> tuple[list[Handed], list[Envelope]]:
        """The line is gone: outcomes of what was begun, and the envelopes that may go over another line."""
        ended: list[Handed] = []
        again: list[Envelope] = []
        for step, envelope in self.awaited:
            if step == "done":
                failed = envelope.failure
                ended.append(_refused(envelope, failed) if failed else Handed(envelope.key, False, True, None, "done"))
            elif step == "data":
                if envelope.failure:
                    ended.append(_refused(envelope, envelope.failure))
                else:
                    again.append(envelope)
        self.awaited.clear()
        self.connection.close()
        return ended, again


def _away(reply: Reply) -> Reply:
    """What the line's failure means for messages that were never offered: not their fault, so no code of theirs."""
    return Reply(0, f"the mail server cannot be used: {reply.code or ''} {reply.text}")


class Client:
    """Keeps connections to one server open between batches. Use as a context manager, or call `close`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.idle: list[Connection] = []

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Says goodbye on every open line."""
        for connection in self.idle:
            connection.quit()
        self.idle.clear()

    def deliver(self, envelopes: Iterable[Envelope]) -> Iterator[Handed]:
        """Hands over each envelope once, yields one Handed for each, in the order in which the server answers.

        Envelopes are taken from the iterable one by one, as lines get free; so they may be made while others travel.
        """
        return _Delivery(self, iter(envelopes)).run()


class _Delivery:
    def __init__(self, client: Client, source: Iterator[Envelope]) -> None:
        self.client = client
        self.source = source
        self.again: deque[Envelope] = deque()
        self.refusals: deque[Handed] = deque()
        self.selector = selectors.DefaultSelector()
        self.lanes: set[_Lane] = set()
        self.failures = 0
        self.away: Reply | None = None

    def run(self) -> Iterator[Handed]:
        try:
            while True:
                self._fill()
                while self.refusals:
                    yield self.refusals.popleft()
                if not self.lanes:
                    if self.away is None and self.again:
                        continue
                    break
                for outcome in self._listen():
                    if outcome.taken:
                        self.failures = 0
                    yield outcome
            while (envelope := self._next()) is not None:
                yield Handed(envelope.key, False, False, self.away)
        finally:
            for lane in self.lanes:
                lane.connection.close()
            self.selector.close()

    def _next(self) -> Envelope | None:
        return self.again.popleft() if self.again else next(self.source, None)

    def _acceptable(self, lane: _Lane) -> Envelope | None:
        """The next envelope that the server of this lane can take; others are refused on the way."""
        while (envelope := self._next()) is not None:
            if not envelope.utf8 or lane.connection.has("SMTPUTF8"):
                return envelope
            reply = Reply(553, "the server does not take addresses beyond ASCII (no SMTPUTF8)")
            self.refusals.append(Handed(envelope.key, False, False, reply))
        return None

    def _fill(self) -> None:
        """Opens lines while there is something to send, up to the server's number."""
        while self.away is None and len(self.lanes) < self.client.server.connections:
            envelope = self._next()
            if envelope is None:
                return
            self.again.appendleft(envelope)
            try:
                connection = self._connection()
            except ConnectionFailed as failed:
                self.failures += 1
                if self.failures >= MAX_TRIES or (not failed.may_pass and not self.lanes):
                    self.away = _away(failed.reply)
                if self.lanes:
                    return
                continue
            lane = _Lane(connection)
            envelope = self._acceptable(lane)
            if envelope is None:
                self.client.idle.append(connection)
                return
            self.lanes.add(lane)
            self.selector.register(connection.socket, selectors.EVENT_READ, lane)
            try:
                lane.offer(envelope)
            except ConnectionFailed as failed:
                self.refusals.extend(self._drop(lane, failed.reply))

    def _connection(self) -> Connection:
        while self.client.idle:
            connection = self.client.idle.pop()
            if connection.is_alive():
                return connection
            connection.close()
        return Connection(self.client.server)

    def _listen(self) -> Iterator[Handed]:
        """Serves every lane that has something to say, once; drops those whose time is over."""
        ready = [key.data for key, _events in self.selector.select(self._patience())]
        for lane in ready:
            try:
                lane.connection.receive()
            except ConnectionFailed as failed:
                yield from self._drop(lane, failed.reply)
                continue
            yield from self._hear_all(lane)
        now = monotonic()
        for lane in [lane for lane in self.lanes if lane.deadline < now]:
            yield from self._drop(lane, Reply(0, "no answer in time"))

    def _patience(self) -> float:
        return max(0.01, min(lane.deadline for lane in self.lanes) - monotonic())

    def _hear_all(self, lane: _Lane) -> Iterator[Handed]:
        try:
            while (reply := lane.connection.reply()) is not None:
                if not lane.awaited or (reply.code == 421 and lane.awaited[0][0] != "done"):
                    yield from self._drop(lane, reply)
                    return
                outcome = lane.hear(reply, lambda: self._acceptable(lane))
                if outcome is not None:
                    yield outcome
                if reply.code == 421:
                    yield from self._drop(lane, reply)
                    return
            if not lane.awaited:
                envelope = self._acceptable(lane)
                if envelope is not None:
                    lane.offer(envelope)
                else:
                    self._retire(lane)
        except ConnectionFailed as failed:
            yield from self._drop(lane, failed.reply)

    def _retire(self, lane: _Lane) -> None:
        self.selector.unregister(lane.connection.socket)
        self.lanes.discard(lane)
        if lane.must_reset:
            lane.connection.quit()
        else:
            self.client.idle.append(lane.connection)

    def _drop(self, lane: _Lane, reply: Reply) -> list[Handed]:
        self.selector.unregister(lane.connection.socket)
        self.lanes.discard(lane)
        ended, again = lane.fail()
        self.again.extend(again)
        self.failures += 1
        if self.failures >= MAX_TRIES:
            self.away = _away(reply)
        return ended
