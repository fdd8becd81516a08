"""Errors in our own look. These pages ask no record: they are shown when the records do not answer, too."""

import sqlite3
import sys
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from regulars.web.control.context import look

RETRY_AFTER = 5
"""Seconds after which programs may ask again when the records did not answer."""

_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}


def error_page(request: HttpRequest, status: int, name: str = "") -> HttpResponse:
    """An error in our own look. Falls back to plain HTML if even that fails: an error page must not raise.

    Without the context of other pages, which reads the session and its person from the records. Only who brings a
    session is led to the staff's start: customers come here by a link in a mail.
    """
    try:
        context = look(request) | {
            "status": status,
            "is_staff": settings.SESSION_COOKIE_NAME in request.COOKIES,
            "again": request.get_full_path() if request.method == "GET" else "",
        }
        return HttpResponse(render_to_string(f"{name or status}.html", context), status=status)
    except Exception:  # noqa: BLE001 - whatever broke the page may break its error page, too
        return HttpResponse(f"<!doctype html><title>{status}</title><h1>{status}</h1>", status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return error_page(request, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: it had lain open over a login, or cookies are off."""
    return error_page(request, 403, "403_csrf")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the records do not answer just now."""
    if not is_passing(sys.exc_info()[1]):
        return error_page(request, 500)
    answer = error_page(request, 503)
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def is_passing(error: BaseException | None) -> bool:
    """Whether an error says that the records cannot be reached now, rather than that we asked them wrongly.

    SQLite calls a missing table an OperationalError as well; its code tells the two apart.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _PASSING
