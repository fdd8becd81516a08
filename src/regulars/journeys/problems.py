"""What is wrong with a document: a place and words, and the check of a table against its fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .fields import Field, shown
from .kinds import in_place


@dataclass(frozen=True)
class Problem:
    """place: where, in words. words: what is wrong and the remedy. step: number of the step, from 1. name: the parameter."""

    place: str
    words: str
    step: int | None = None
    name: str = ""

    def __str__(self) -> str:
        return in_place(self.place, self.name, self.words) if self.name else f"{self.place}: {self.words}"


def field_problems(fields: Sequence[Field], values: Mapping[str, Any], part: str) -> Iterator[Problem]:
    """What is wrong with a table whose parts are these fields. part: its name in the document, empty at the top."""
    known = {one.key for one in fields}
    place = f"{part}." if part else ""
    for name in values:
        if name not in known:
            yield Problem(f"{place}{shown(name)}", _("is not known here; there are: %(n)s") % {"n": ", ".join(known)})
    for one in fields:
        if one.key in values:
            for words in one.problems(values[one.key]):
                yield Problem(f"{place}{one.key}", words)
        elif one.required:
            yield Problem(f"{place}{one.key}", _("is missing: %(label)s") % {"label": one.label})
