"""How the demo's people use their mail: read what the sink keeps, follow its links through the real WSGI application."""

import io
import re
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from regulars.channels.smtp.sink import Store

_UNSUBSCRIBE = re.compile(r"^List-Unsubscribe:\s*<(https?://[^>]+)>", re.MULTILINE | re.IGNORECASE)
_LINK = re.compile(r'(?:href|src)="([^"]+)"')


@dataclass(frozen=True)
class Mail:
    """One mail as its reader sees it. click, picture, unsubscribe: addresses, "" where there is none."""

    message_id: str
    click: str
    picture: str
    unsubscribe: str


def new_mails(store: Store, after: int) -> Iterator[tuple[int, Mail]]:
    """The mails kept since number `after`, oldest first, with their numbers."""
    while rows := store.since(after, limit=500):
        for kept in rows:
            after = kept.id
            yield kept.id, _read(kept.message_id, kept.raw)


def _read(message_id: str, raw: bytes) -> Mail:
    """Only what a reader acts on; the whole of MIME would cost more than all the rest of a day of the play."""
    head, _, body = raw.partition(b"\r\n\r\n")
    _, _, html = body.partition(b"Content-Type: text/html")
    links = _LINK.findall(a2b_qp(html).decode("utf-8", "replace"))
    unsubscribe = _UNSUBSCRIBE.search(head.decode("utf-8", "replace"))
    return Mail(
        message_id=message_id,
        click=next((link for link in links if "/c/" in urlsplit(link).path), ""),
        picture=next((link for link in links if "/o/" in urlsplit(link).path), ""),
        unsubscribe=unsubscribe[1] if unsubscribe else "",
    )


def ask(application: Any, method: str, url: str, body: bytes = b"") -> int:
    """One HTTP request to the application in this process; returns the status."""
    parts = urlsplit(url)
    status: list[int] = []

    def start(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        status.append(int(line.split(maxsplit=1)[0]))

    answer = application(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": parts.hostname or "localhost",
            "SERVER_PORT": str(parts.port or 80),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": parts.netloc,
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Demo",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme or "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        },
        start,
    )
    try:
        for _chunk in answer:
            pass
    finally:
        if hasattr(answer, "close"):
            answer.close()
    return status[0]
