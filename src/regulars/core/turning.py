"""Long lists, turned over by key: the millionth row is as near as the first, and nobody counts them.

`?after=ID` shows the rows that follow the row ID, `?before=ID` those that lie before it. The rows must come from an index on
the order; `c-turner` draws the links.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet


@dataclass(frozen=True)
class Turned:
    """One page of a list. before, after: the ids beyond which the neighbouring pages lie, None where there is none."""

    rows: list[Any]
    before: int | None
    after: int | None


def turned(rows: QuerySet[Any], order: Sequence[str], asked: Mapping[str, str], size: int) -> Turned:
    """One page of `rows`. order: names of fields, all upwards or all downwards (`-name`), the last one unique.

    At most two queries. A row that is not among `rows` (any more) leads to the beginning.
    """
    backwards = "before" in asked
    fields = [name.lstrip("-") for name in order]
    downwards = order[0].startswith("-") != backwards
    anchor = _anchor(rows, fields, asked.get("before") or asked.get("after") or "")
    if anchor is not None:
        rows = rows.filter(_beyond(fields, anchor, "lt" if downwards else "gt"))
    shown = list(rows.order_by(*(f"-{name}" if downwards else name for name in fields))[: size + 1])
    is_more = len(shown) > size
    shown = shown[:size]
    if backwards:
        shown.reverse()
    has_before, has_after = (is_more, True) if backwards else (anchor is not None, is_more)
    return Turned(
        shown,
        shown[0].pk if shown and has_before else None,
        shown[-1].pk if shown and has_after else None,
    )


def _anchor(rows: QuerySet[Any], fields: list[str], text: str) -> tuple[Any, ...] | None:
    if not text.isdecimal() or len(text) > 18:
        return None
    found: tuple[Any, ...] | None = rows.filter(pk=int(text)).order_by().values_list(*fields).first()
    return found


def _beyond(fields: list[str], anchor: tuple[Any, ...], way: str) -> Q:
    """The rows beyond `anchor`. The first bound alone makes the index useful."""
    beyond, same = Q(), Q()
    for name, value in zip(fields, anchor, strict=True):
        beyond |= same & Q(**{f"{name}__{way}": value})
        same &= Q(**{name: value})
    return beyond if len(fields) == 1 else Q(**{f"{fields[0]}__{way}e": anchor[0]}) & beyond


def starts(field: str, text: str) -> Q:
    """`field` starts with `text`. On SQLite as a range, since LIKE does not read an index there."""
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + "\U0010ffff"})
    return Q(**{f"{field}__startswith": text})
