"""Events in: `POST /api/v1/events`, answered by a small WSGI callable in front of Django's middleware."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from django.db import DatabaseError, close_old_connections

from regulars.core.actions import find_api_key, note_key_use
from regulars.core.clock import now
from regulars.know.intake.actions import Accepted, Caller, accept_events
from regulars.know.intake.rows import MAX_BYTES, Fault, NotReadable, WrongSize

from .auth import SCOPES
from .problems import TITLES

log = structlog.get_logger("regulars.api")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PATH = "/api/v1/events"
SCOPE = "events:write"
assert SCOPE in SCOPES
REMEMBERED = 30.0
"""Seconds for which a key need not be looked up again. A revoked one is refused at once: the write asks."""
MOST_KEPT = 1000
KEY_LENGTH = 120

_known: dict[str, tuple[float, Caller, bool]] = {}
_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """What is answered: status, body, and headers beside those of every answer."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def hot_events(application: Application) -> Application:
    """`application` with events answered before it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ["REQUEST_METHOD"] != "POST":
            return application(environ, start_response)
        close_old_connections()
        try:
            said = _answer(environ)
        finally:
            close_old_connections()
        headers = [("Content-Type", said.kind), ("Content-Length", str(len(said.body))), *said.headers]
        start_response(f"{said.status} {TITLES.get(said.status, 'Accepted')}", headers)
        return [said.body]

    return answer


def _answer(environ: dict[str, Any]) -> Answer:
    if environ.get("CONTENT_LENGTH"):
        length = int(environ["CONTENT_LENGTH"])
        body = b"" if length > MAX_BYTES else environ["wsgi.input"].read(length)
    else:  # sent in chunks, to a server that hands them on
        body = environ["wsgi.input"].read(MAX_BYTES + 1) if environ.get("wsgi.input_terminated") else b""
        length = len(body)
    return take_events(
        environ.get("HTTP_AUTHORIZATION", ""),
        environ.get("HTTP_IDEMPOTENCY_KEY"),
        environ.get("CONTENT_TYPE", ""),
        length,
        body,
    )


def take_events(authorization: str, idempotency_key: str | None, kind: str, length: int, body: bytes) -> Answer:
    """The answer to one call with events; they are on disk when it is 202."""
    caller = _caller(authorization)
    if isinstance(caller, Answer):
        return caller
    if length > MAX_BYTES:
        return _problem(413, "too_large", f"a body holds {MAX_BYTES} bytes at most; send smaller batches")
    if kind.partition(";")[0].strip().lower() != "application/json":
        return _problem(415, "not_json", "send Content-Type: application/json")
    if idempotency_key is not None and not is_key(idempotency_key):
        return _problem(422, "not_valid", f"Idempotency-Key holds 1 to {KEY_LENGTH} printable ASCII characters")
    try:
        done = accept_events(caller, body, idempotency_key, now())
    except NotReadable as error:
        return _problem(400, "not_readable", str(error))
    except WrongSize as error:
        return _problem(422, "not_valid", str(error))
    except DatabaseError:
        log.exception("events not accepted", shop=caller.shop_id)
        return _problem(503, "try_again", "nothing was taken; send the same again in a moment", retry_after=2)
    return _told(done)


def is_key(text: str) -> bool:
    """Whether it may be an Idempotency-Key."""
    return 0 < len(text) <= KEY_LENGTH and text.isascii() and text.isprintable()


def _told(done: Accepted) -> Answer:
    if done.outcome == "accepted":
        if not done.faults:
            said = b'{"id":%d,"accepted":%d,"rejected":0,"errors":[]}' % (done.id, done.rows)
        else:
            told = {"id": done.id, "accepted": done.rows, "rejected": len(done.faults), "errors": done.faults}
            said = _encode(told)
        return Answer(202, said, headers=(("Idempotency-Replayed", "true"),) if done.is_replay else ())
    if done.outcome == "key_reused":
        return _problem(422, "key_reused", "this Idempotency-Key came with another body before; take a new one")
    if done.outcome == "revoked":
        return _nobody()
    return _problem(422, "not_valid", "no row of the call could be taken", done.faults)


def _caller(authorization: str) -> Caller | Answer:
    """Who calls, from the cache or the database; or why not."""
    word, _, token = authorization.partition(" ")
    if word.lower() != "bearer" or not token:
        return _nobody()
    found = _known.get(token)
    if found is None or found[0] < time.monotonic():
        key = find_api_key(token)
        if key is None:
            return _nobody()
        note_key_use(key, now())
        found = (time.monotonic() + REMEMBERED, Caller(key.pk, key.shop_id), SCOPE in key.scopes)
        if len(_known) >= MOST_KEPT:
            _known.clear()
        _known[token] = found
    if not found[2]:
        return _problem(403, "scope_missing", f"this key lacks the scope {SCOPE}")
    return found[1]


def _nobody() -> Answer:
    return _problem(401, "key_needed", "send Authorization: Bearer <key>; keys are made on the settings page")


def _problem(
    status: int, kind: str, detail: str, faults: Iterable[Fault] = (), *, retry_after: int | None = None
) -> Answer:
    told: dict[str, Any] = {
        "type": f"urn:regulars:{kind}", "title": TITLES.get(status, "Error"), "status": status, "detail": detail,
    }  # fmt: skip
    if faults:
        told["errors"] = [{"row": one.row, "place": one.place, "detail": one.detail} for one in faults]
    headers: tuple[tuple[str, str], ...] = (("WWW-Authenticate", "Bearer"),) if status == 401 else ()
    if retry_after is not None:
        headers = (*headers, ("Retry-After", str(retry_after)))
    return Answer(status, _encode(told), "application/problem+json", headers)
