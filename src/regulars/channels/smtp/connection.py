"""One SMTP connection: greeting, EHLO, TLS, AUTH, and replies read as they come."""

import contextlib
import re
import select
import socket
import ssl
from base64 import b64encode
from collections import deque
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_REPLY_LINE = re.compile(rb"(\d{3})([ -]?)([^\r\n]*)\r?\n")
MAX_BUFFER = 100_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said. code 0: it said nothing, `text` is our own word for it."""

    code: int
    text: str


class ConnectionFailed(Exception):
    """The line is unusable. may_pass: trying again soon may help (False: wrong certificate, wrong password)."""

    def __init__(self, reply: Reply, may_pass: bool = True) -> None:
        super().__init__(f"{reply.code} {reply.text}")
        self.reply = reply
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails go. security: "none", "starttls" (required) or "tls" (from the first byte); certificates are always
    checked.

    timeout: seconds to wait for any answer. connections: lines used at once.
    """

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = ""
    timeout: float = 120.0
    connections: int = 4
    ca_file: str = ""
    local_name: str = "localhost"

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """`smtp://user:word@host:587` (STARTTLS required; none for this machine or with `?tls=off`), `smtps://…:465`.

        Options: `connections`, `timeout`, `ca` (file of certificates), `name` (our name in EHLO). Raises ValueError.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(f"REGULARS_SMTP_URL must be smtp://…, smtps://… or sink://, not {parts.scheme}://")
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        is_local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        tls = options.get("tls", "off" if is_local else "on")
        security = "tls" if parts.scheme == "smtps" else "none" if tls == "off" else "starttls"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25),
            security=security,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            timeout=float(options.get("timeout", 120)),
            connections=max(1, min(int(options.get("connections", 4)), 50)),
            ca_file=options.get("ca", ""),
            local_name=options.get("name", "") or socket.getfqdn() or "localhost",
        )


class Connection:
    """A line that is ready for MAIL FROM. Raises ConnectionFailed when it cannot be made."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = bytearray()
        self.replies: deque[Reply] = deque()
        self.lines: list[str] = []
        self.extensions: dict[str, str] = {}
        try:
            self.socket: socket.socket = socket.create_connection((server.host, server.port), timeout=server.timeout)
        except OSError as error:
            raise ConnectionFailed(Reply(0, f"cannot reach {server.host}:{server.port}: {error}")) from None
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open()
        except ConnectionFailed:
            self.close()
            raise

    def _open(self) -> None:
        if self.server.security == "tls":
            self._encrypt()
        self._expect(self._wait(), 220)
        self._greet()
        if self.server.security == "starttls":
            if not self.has("STARTTLS"):
                raise ConnectionFailed(Reply(0, "the server offers no STARTTLS"), may_pass=False)
            self._expect(self._ask(b"STARTTLS\r\n"), 220)
            if self.buffer or self.replies:
                # Whatever came in clear before the handshake could have been put there by anybody.
                raise ConnectionFailed(Reply(0, "the server spoke before TLS began"), may_pass=False)
            self._encrypt()
            self._greet()
        if self.server.username:
            self._log_in()

    def _encrypt(self) -> None:
        context = ssl.create_default_context(cafile=self.server.ca_file or None)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=self.server.host)
        except ssl.SSLError as error:
            raise ConnectionFailed(Reply(0, f"TLS failed: {error}"), may_pass=False) from None
        except OSError as error:
            raise ConnectionFailed(Reply(0, f"TLS failed: {error}")) from None

    def _greet(self) -> None:
        reply = self._ask(f"EHLO {self.server.local_name}\r\n".encode())
        self._expect(reply, 250)
        self.extensions = {}
        for line in reply.text.split("\n")[1:]:
            word, _blank, rest = line.strip().partition(" ")
            self.extensions[word.upper()] = rest

    def _log_in(self) -> None:
        ways = self.extensions.get("AUTH", "").upper().split()
        name, word = self.server.username.encode(), self.server.password.encode()
        if "PLAIN" in ways:
            reply = self._ask(b"AUTH PLAIN " + b64encode(b"\0" + name + b"\0" + word) + b"\r\n")
        elif "LOGIN" in ways:
            self._expect(self._ask(b"AUTH LOGIN\r\n"), 334)
            self._expect(self._ask(b64encode(name) + b"\r\n"), 334)
            reply = self._ask(b64encode(word) + b"\r\n")
        else:
            raise ConnectionFailed(Reply(0, "the server offers neither AUTH PLAIN nor AUTH LOGIN"), may_pass=False)
        self._expect(reply, 235)

    def has(self, extension: str) -> bool:
        """Whether the server announced the extension."""
        return extension in self.extensions

    def send(self, data: bytes) -> None:
        """Writes all of `data`. Raises ConnectionFailed."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise ConnectionFailed(Reply(0, f"the line dropped: {error}")) from None

    def receive(self) -> None:
        """Reads what has come in, waiting for it if nothing has; replies queue up. Raises ConnectionFailed."""
        while True:
            try:
                octets = self.socket.recv(65536)
            except OSError as error:
                raise ConnectionFailed(Reply(0, f"the line dropped: {error}")) from None
            if not octets:
                raise ConnectionFailed(Reply(0, "the server closed the line"))
            self.buffer += octets
            if not isinstance(self.socket, ssl.SSLSocket) or not self.socket.pending():
                break
        self._parse()

    def _parse(self) -> None:
        at = 0
        while (end := self.buffer.find(b"\n", at)) >= 0:
            found = _REPLY_LINE.fullmatch(bytes(self.buffer[at : end + 1]))
            at = end + 1
            if not found:
                raise ConnectionFailed(Reply(0, "the server does not speak SMTP"), may_pass=False)
            self.lines.append(found[3].decode("utf-8", "replace"))
            if found[2] != b"-":
                self.replies.append(Reply(int(found[1]), "\n".join(self.lines)[:2000]))
                self.lines = []
        del self.buffer[:at]
        if len(self.buffer) > MAX_BUFFER or len(self.lines) > 1000:
            raise ConnectionFailed(Reply(0, "the server's answer does not end"), may_pass=False)

    def reply(self) -> Reply | None:
        """The next reply that has fully come in, if there is one."""
        return self.replies.popleft() if self.replies else None

    def is_alive(self) -> bool:
        """Whether an idle line can still be used: the server has not closed it nor said anything."""
        try:
            poll = select.poll()
            poll.register(self.socket, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Drops the line."""
        self.socket.close()

    def quit(self) -> None:
        """Says goodbye and drops the line, without waiting for the answer."""
        with contextlib.suppress(OSError):
            self.socket.sendall(b"QUIT\r\n")
        self.close()

    def _ask(self, command: bytes) -> Reply:
        self.send(command)
        return self._wait()

    def _wait(self) -> Reply:
        while not self.replies:
            self.receive()
        return self.replies.popleft()

    def _expect(self, reply: Reply, code: int) -> None:
        if reply.code != code:
            raise ConnectionFailed(reply, may_pass=reply.code < 500)
