"""Opens and clicks: answered by a small WSGI callable in front of Django's middleware (no session, no cookie, no page).

`/c/TOKEN` leads to the address that the message's template holds for that link, and nowhere else; `/o/TOKEN` is the open pixel.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from django.db import close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.clock import now
from regulars.reach.messaging import tokens
from regulars.reach.messaging.actions import note_click, note_open

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_ALWAYS = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def hot_paths(application: Application) -> Application:
    """`application` with opens and clicks answered before it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(("/c/", "/o/")):
            close_old_connections()
            try:
                return (click if path[1] == "c" else open_pixel)(path[3:], environ, start_response)
            finally:
                close_old_connections()
        return application(environ, start_response)

    return answer


def _is_look(environ: dict[str, Any]) -> bool:
    """HEAD, and what a browser or scanner fetches ahead: nobody clicked."""
    ahead = environ.get("HTTP_SEC_PURPOSE", "") + environ.get("HTTP_PURPOSE", "") + environ.get("HTTP_X_PURPOSE", "")
    return environ["REQUEST_METHOD"] != "GET" or "prefetch" in ahead.lower() or "preview" in ahead.lower()


def click(token: str, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Redirects to the link's address. A token that is not ours, or too old, gets a friendly page."""
    moment = now()
    said = tokens.read(tokens.CLICK, token, moment)
    address = None
    if said is not None and not said.is_expired:
        address = note_click(said, moment, agent=environ.get("HTTP_USER_AGENT", ""), is_look=_is_look(environ))
    if address is None or not address.startswith(("http://", "https://")):
        return _gone(environ, start_response)
    start_response("302 Found", [("Location", address), ("Content-Length", "0"), *_ALWAYS])
    return [b""]


def open_pixel(token: str, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The pixel, whatever the token: a mail program can do nothing with an error."""
    moment = now()
    said = tokens.read(tokens.OPEN, token, moment)
    if said is not None and not said.is_expired and not _is_look(environ):
        note_open(said, moment, agent=environ.get("HTTP_USER_AGENT", ""))
    start_response("200 OK", [("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), *_ALWAYS])
    return [PIXEL]


def _gone(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    german = environ.get("HTTP_ACCEPT_LANGUAGE", "de").lower().startswith("de")
    with override("de" if german else "en"):
        title, text = (
            _("This link has expired"),
            _("Links in mails work for some time only. The shop's website shows what is new."),
        )
    page = (
        f'<!doctype html><html lang="{"de" if german else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    ).encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))]
    headers += [("Content-Security-Policy", "default-src 'none'"), *_ALWAYS]
    start_response("404 Not Found", headers)
    return [page]
