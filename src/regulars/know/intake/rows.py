"""One event as a program sends it, and the checks that need no database: made for a hundred of them at a time."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from regulars.core.event_types import EVENT_TYPES

MAX_ROWS = 1000
MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 8
"""Levels of lists and objects inside `data`."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=24)
"""How far the sender's clock may be ahead of ours."""
TYPE_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"
"""Asked once for each type (`is_type`): msgspec would ask for each row, which takes longer than all the rest."""


class Who(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Whom an event is about: the shop's own number, or an address, or a device; the first that is known counts."""

    number: Annotated[str, Meta(max_length=64)] = ""
    email: Annotated[str, Meta(max_length=254, pattern=r"^(|[^@\s\x00]+@[^@\s\x00]+)$")] = ""
    phone: Annotated[str, Meta(max_length=40, pattern=r"^(|[0-9+()/ .-]{3,})$")] = ""
    device: Annotated[str, Meta(max_length=120)] = ""


class EventIn(Struct, forbid_unknown_fields=True, gc=False):  # JSON holds no cycles
    """One event. id: makes it idempotent by itself; at: when it happened, with its offset; else when it came in."""

    type: Annotated[str, Meta(max_length=60, extra_json_schema={"pattern": TYPE_PATTERN})]
    id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None
    customer: Who | None = None
    data: dict[str, Any] = {}
    history: bool = False


class NotReadable(Exception):
    """The body is no JSON of the kind described; the text says where."""


class WrongSize(Exception):
    """The batch holds no row, or too many; the text says how many."""


class Fault(Struct, frozen=True):
    """Why one row was not taken. row: its index in the batch; place: path inside the row, "" for the row itself."""

    row: int
    place: str
    detail: str


_batch = msgspec.json.Decoder(list[EventIn])
_single = msgspec.json.Decoder(EventIn)
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_encoder = msgspec.json.Encoder()
_FAULT_PLACE = re.compile(r"^(.*?)(?: - at `\$?(.*)`)?$", re.DOTALL)


def decoded(body: bytes) -> list[EventIn]:
    """The events of a body that was accepted."""
    return [_single.decode(body)] if body.lstrip()[:1] == b"{" else _batch.decode(body)


def checked(body: bytes, now: datetime) -> tuple[bytes, int, list[Fault]]:
    """What may be kept of a body, how many rows it holds, and why the others were left out.

    Raises NotReadable where it is no JSON, WrongSize where it holds no row or more than MAX_ROWS.
    """
    try:
        rows = decoded(body)
    except msgspec.ValidationError:
        return _row_by_row(body, now)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotReadable(_said(error)) from None
    if not 1 <= len(rows) <= MAX_ROWS:
        raise _wrong_size(len(rows))
    if b"\\u0000" in body or not _are_sound(rows, now):
        return _row_by_row(body, now)
    return body, len(rows), []


def _are_sound(rows: Sequence[EventIn], now: datetime) -> bool:
    """Whether every row passes `_unsound`; written out, because this runs for each event that comes in."""
    types = {row.type for row in rows}
    if not all(map(is_type, types)) or not types.isdisjoint(closed_types()):
        return False
    latest = now + AHEAD
    for row in rows:
        at = row.at
        if at is not None and not EARLIEST <= at <= latest:
            return False
        for value in row.data.values():
            if value.__class__ in _NESTED and _is_deep(value, MAX_DEPTH - 1):
                return False
    return True


_NESTED = (dict, list)


def _is_deep(value: Any, left: int) -> bool:
    if left == 0:
        return True
    inside = value.values() if value.__class__ is dict else value
    return any(_is_deep(one, left - 1) for one in inside if one.__class__ in _NESTED)


@lru_cache(1000)
def is_type(text: str) -> bool:
    """Whether it may name a type of events."""
    return re.fullmatch(TYPE_PATTERN, text) is not None


@cache
def closed_types() -> frozenset[str]:
    """Event types that only the house itself writes."""
    return frozenset(key for key, one in EVENT_TYPES.items() if not one.is_open)


def _row_by_row(body: bytes, now: datetime) -> tuple[bytes, int, list[Fault]]:
    """The same, once it is known that something is wrong: each row apart."""
    kept, faults = [], []
    for index, raw in enumerate(raw_rows(body)):
        fault = _fault(bytes(raw), index, now)
        if fault is None:
            kept.append(raw)
        else:
            faults.append(fault)
    return _encoder.encode(kept), len(kept), faults


def raw_rows(body: bytes) -> list[msgspec.Raw]:
    """The rows of a body that is one object or a list, unread. Raises NotReadable and WrongSize as `checked`."""
    try:
        msgspec.json.decode(body)  # all of it is JSON, in UTF-8, nested within reason
        raws = [msgspec.Raw(body)] if body.lstrip()[:1] == b"{" else _raws.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotReadable(_said(error)) from None
    if not 1 <= len(raws) <= MAX_ROWS:
        raise _wrong_size(len(raws))
    return raws


def _wrong_size(count: int) -> WrongSize:
    return WrongSize(f"a batch holds 1 to {MAX_ROWS} rows, this one has {count}")


def _fault(raw: bytes, index: int, now: datetime) -> Fault | None:
    try:
        row = _single.decode(raw)
    except msgspec.ValidationError as error:
        detail, place = fault_of(error)
        return Fault(index, place, detail)
    if not is_type(row.type):
        return Fault(index, "type", f"Expected `str` matching regex {TYPE_PATTERN!r}")
    if row.at is not None and row.at < EARLIEST:
        return Fault(index, "at", f"lies before {EARLIEST:%Y}")
    if row.at is not None and row.at > now + AHEAD:
        return Fault(index, "at", "lies in the future")
    if row.type in closed_types():
        return Fault(index, "type", f"{row.type} is written by Regulars itself; send the fact to its own address")
    if any(value.__class__ in _NESTED and _is_deep(value, MAX_DEPTH - 1) for value in row.data.values()):
        return Fault(index, "data", f"is nested deeper than {MAX_DEPTH} levels")
    if b"\\u0000" in raw and holds_nul(msgspec.json.decode(raw)):
        return Fault(index, "", "holds the character U+0000, which no text may hold")
    return None


def holds_nul(value: Any) -> bool:
    """Whether a text anywhere inside holds U+0000, which PostgreSQL keeps in no text."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(inside) for key, inside in value.items())
    return isinstance(value, list) and any(holds_nul(inside) for inside in value)


def fault_of(error: Exception) -> tuple[str, str]:
    """(detail, place) of a complaint of msgspec's, which may name a field whose name PostgreSQL keeps in no text."""
    said = str(error).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    found = _FAULT_PLACE.match(said)
    detail, place = (found.group(1), found.group(2) or "") if found else (said, "")
    return detail, place.replace("[", ".").replace("]", "").strip(".")


def _said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "the body is not UTF-8"
    return str(error)
