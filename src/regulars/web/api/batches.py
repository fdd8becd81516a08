"""Facts in, one or many at once: the body is a row or a list of rows, each is checked and answered apart."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Field, Schema

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import ApiKey, Shop
from regulars.know.intake.actions import Call, Caller, Work, answer_once, rounds
from regulars.know.intake.rows import (
    MAX_BYTES,
    MAX_ROWS,
    Fault,
    NotReadable,
    WrongSize,
    fault_of,
    holds_nul,
    raw_rows,
)

from .intake import KEY_LENGTH, is_key
from .problems import Problem, ProblemOut, problem
from .rows import Dated, faults

BODY_ERRORS = dict.fromkeys((400, 401, 403, 409, 413, 415, 422), ProblemOut)
SCHEMAS: dict[str, Any] = {}
"""Descriptions of the rows, for the components of the OpenAPI document."""


class ResultOut(Schema):
    """What was done with one row that was taken."""

    row: int = Field(description="Its place in the batch, from 0.")
    name: str = Field(description="Its number, sku or token.")
    outcome: str = Field(
        description="created, changed, unchanged, older (a newer version is known) or refused (the person was erased)."
    )


class FaultOut(Schema):
    """Why one row was not taken; nothing of it was written."""

    row: int
    place: str = Field(description="The field, as a path inside the row; empty for the row itself.")
    detail: str


class BatchOut(Schema):
    """The answer, for a single row, too. Rows that fit are written even where others do not."""

    results: list[ResultOut]
    errors: list[FaultOut]


@dataclass(frozen=True)
class Noun:
    """What the batches of one address are made of.

    name: of the address, key of InboundCall.Noun. row: the type of a row; key: the field that names it.
    write: `(shop, rows, is_history, now)` → for each row its outcome, or a Fault (with any index) where it cannot be
    taken. No row of one call of `write` has the key of another.
    """

    name: str
    row: type[Dated]
    key: str
    write: Callable[[Shop, Sequence[Any], bool, datetime], Sequence[str | Fault]]


def described(row: type[msgspec.Struct], example: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra` of an operation whose body is a row or a list of rows."""
    (_,), parts = msgspec.json.schema_components([row], ref_template="#/components/schemas/{name}")
    SCHEMAS.update(parts)
    one = {"$ref": f"#/components/schemas/{row.__name__}"}
    many = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_ROWS}
    content = {"application/json": {"schema": {"anyOf": [one, many]}, "example": example}}
    parameter = {
        "in": "header",
        "name": "Idempotency-Key",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": r"^[\x20-\x7e]+$"},
        "description": "The same key with the same body gives the same answer; with another body 422.",
    }
    return {"requestBody": {"required": True, "content": content}, "parameters": [parameter]}


def take(request: HttpRequest, noun: Noun) -> HttpResponse:
    """Writes what a call sends, and answers when it is on disk."""
    body = _body(request)
    key = request.headers.get("Idempotency-Key")
    if key is not None and not is_key(key):
        raise Problem(422, "not_valid", f"Idempotency-Key holds 1 to {KEY_LENGTH} printable ASCII characters")
    now = clock.now()
    shop: Shop = request.shop  # type: ignore[attr-defined]
    api_key: ApiKey = request.auth  # type: ignore[attr-defined]
    rows, wrong = _rows(body, noun, now, shop)
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    call = Call(Caller(api_key.pk, shop.pk), noun.name, key, digest, body)
    try:
        status, answer, is_replay = answer_once(shop, call, lambda: _write(shop, noun, rows, wrong, now), now)
    except Refused as error:
        raise Problem(422 if error.code == "key_reused" else 409, error.code, str(error)) from error
    if status != 200:
        return problem(422, "not_valid", "no row of the call could be taken", answer["errors"])
    said = JsonResponse(answer)
    if is_replay:
        said["Idempotency-Replayed"] = "true"
    return said


def _body(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise Problem(413, "too_large", f"a body holds {MAX_BYTES} bytes at most; send smaller batches")
    if request.content_type != "application/json":
        raise Problem(415, "not_json", "send Content-Type: application/json")
    return request.body


def _rows(body: bytes, noun: Noun, now: datetime, shop: Shop) -> tuple[list[tuple[int, Any]], list[Fault]]:
    """The rows that fit, each with its index, and why the others do not."""
    try:
        raws = raw_rows(body)
    except NotReadable as error:
        raise Problem(400, "not_readable", str(error)) from None
    except WrongSize as error:
        raise Problem(422, "not_valid", str(error)) from None
    decode = msgspec.json.Decoder(noun.row).decode
    rows: list[tuple[int, Any]] = []
    wrong = []
    for index, raw in enumerate(raws):
        try:
            row = decode(raw)
        except msgspec.ValidationError as error:
            detail, place = fault_of(error)
            wrong.append(Fault(index, place, detail))
            continue
        found = faults(row, now, shop.currency)
        if found is None and b"\\u0000" in bytes(raw) and holds_nul(msgspec.json.decode(raw)):
            found = ("", "holds the character U+0000, which no text may hold")
        if found is None:
            rows.append((index, row))
        else:
            wrong.append(Fault(index, *found))
    return rows, wrong


def _write(shop: Shop, noun: Noun, rows: Sequence[tuple[int, Any]], wrong: Sequence[Fault], now: datetime) -> Work:
    done = Work(faults=list(wrong))
    for some in rounds(rows, lambda row: str(getattr(row, noun.key))):
        for is_history in (False, True):
            part = [(index, row) for index, row in some if row.history is is_history]
            if not part:
                continue
            said = noun.write(shop, [row for _, row in part], is_history, now)
            for (index, row), outcome in zip(part, said, strict=True):
                if isinstance(outcome, Fault):
                    done.faults.append(Fault(index, outcome.place, outcome.detail))
                else:
                    done.results.append({"row": index, "name": str(getattr(row, noun.key)), "outcome": outcome})
    done.rows = len(done.results)
    done.results.sort(key=lambda result: result["row"])
    done.faults.sort(key=lambda fault: fault.row)
    return done
