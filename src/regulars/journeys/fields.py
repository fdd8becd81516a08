"""Fields: what a kind of step or trigger may be told, each declared once, typed, with label, help and limits.

From these declarations are made: the check of a definition, its text form, the forms of the pages, and the reference.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.event_types import EVENT_TYPES
from regulars.decide.segments import rules

from . import data_rules
from .words import Words

KINDS: dict[str, Words] = {
    "number": Words(en="number", de="Zahl"),
    "duration": Words(en="duration (whole number of its unit)", de="Dauer (ganze Zahl in ihrer Einheit)"),
    "hour": Words(en="hour of the day (0–23)", de="Stunde des Tages (0–23)"),
    "weekday": Words(en="days of the week (1 Monday … 7 Sunday)", de="Wochentage (1 Montag … 7 Sonntag)"),
    "text": Words(en="text", de="Text"),
    "words": Words(en="text, or one in each language", de="Text, oder einer je Sprache"),
    "date": Words(en="day such as 2026-12-31", de="Tag wie 2026-12-31"),
    "key": Words(en="short name of small letters", de="Kurzname aus Kleinbuchstaben"),
    "choice": Words(en="one of a list", de="eines aus einer Liste"),
    "choices": Words(en="some of a list", de="mehrere aus einer Liste"),
    "flag": Words(en="yes or no", de="ja oder nein"),
    "segment": Words(en="key of a segment", de="Kurzname eines Segments"),
    "event_type": Words(en="type of an event", de="Art eines Ereignisses"),
    "message": Words(en="message of the journey", de="Nachricht der Journey"),
    "template": Words(en="key of a template of the shop", de="Kurzname einer Vorlage des Shops"),
    "webhook": Words(en="key of a webhook endpoint", de="Kurzname eines Webhook-Ziels"),
    "step": Words(en="a later step", de="ein späterer Schritt"),
    "earlier_step": Words(en="an earlier step", de="ein früherer Schritt"),
    "ways": Words(en="ways with shares", de="Wege mit Anteilen"),
    "money": Words(en="amount in minor units", de="Betrag in kleinster Währungseinheit"),
    "share": Words(en="share between 0 and 1", de="Anteil zwischen 0 und 1"),
    "rule": Words(en="rule over the customer’s profile", de="Regel über das Kundenprofil"),
    "data_rule": Words(en="rule over the data of an event", de="Regel über die Daten eines Ereignisses"),
}
"""Every kind of field, in words."""

KEY = re.compile(r"\A[a-z0-9][a-z0-9_-]*\Z")
LOCALES = ("de", "en")
LONGEST_KEY = 40
LONGEST_TEXT = 1000
MOST_WAYS = 10


@dataclass(frozen=True)
class Field:
    """One parameter of a kind.

    kind: key of `KINDS`. required: without it the step cannot run. default: what holds where it is left out.
    minimum, maximum: limits, of a text those of its length. unit: of a duration ("days", "hours", "minutes").
    choices: value → words, for "choice" and "choices".
    """

    key: str
    kind: str
    label: Words
    help: Words | None = None
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: Mapping[str, Words] | None = None

    def problem(self, value: Any) -> str:
        """What is wrong with a value, in words that name the remedy; empty when it fits."""
        return next(self.problems(value), "")

    def problems(self, value: Any) -> Iterator[str]:
        """All that is wrong with a value."""
        yield from CHECKS[self.kind](self, value)

    def targets(self, value: Any) -> list[str]:
        """Later steps that a value of this field may lead to."""
        if self.kind == "step":
            return [value]
        if self.kind == "ways" and isinstance(value, list):
            return [str(way["to"]) for way in value if isinstance(way, Mapping) and way.get("to")]
        return []


def _whole(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield _("a whole number is needed, not “%(value)s”") % {"value": shown(value)}
    else:
        yield from _within(field, value)


def _within(field: Field, value: float) -> Iterator[str]:
    low, high = field.minimum, field.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        if high is None:
            yield _("%(value)s is too little: at least %(low)s") % {"value": shown(value), "low": low}
        elif low is None:
            yield _("%(value)s is too much: at most %(high)s") % {"value": shown(value), "high": high}
        else:
            yield _("%(value)s must be between %(low)s and %(high)s") % {
                "value": shown(value),
                "low": low,
                "high": high,
            }


def _number(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        yield _("a number is needed, not “%(value)s”") % {"value": shown(value)}
    else:
        yield from _within(field, value)


def _hour(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 23:
        yield _("“%(value)s” is not an hour: write a whole number from 0 to 23") % {"value": shown(value)}


def _weekdays(field: Field, value: Any) -> Iterator[str]:
    fits = isinstance(value, list) and value and all(type(day) is int and 1 <= day <= 7 for day in value)
    if not fits or len(set(value)) < len(value):
        yield _("days of the week are needed, each once, such as [1, 5] for Monday and Friday")


def _text(field: Field, value: Any) -> Iterator[str]:
    most = int(field.maximum or LONGEST_TEXT)
    if not isinstance(value, str) or len(value.strip()) < int(field.minimum or 0):
        yield _("a text is needed")
    elif len(value) > most:
        yield _("the text has %(length)s characters: at most %(most)s") % {"length": len(value), "most": most}
    elif not is_text(value):
        yield _("the text holds a character that is none: remove it")


def _words(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if not value:
            yield _("a text is needed")
        for locale, text in value.items():
            if locale not in LOCALES:
                yield _("“%(value)s” is not one of: %(choices)s") % {
                    "value": shown(locale),
                    "choices": ", ".join(LOCALES),
                }
            yield from _text(field, text)
    else:
        yield from _text(field, value)


def _date(field: Field, value: Any) -> Iterator[str]:
    try:
        date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        yield _("“%(value)s” is not a day such as 2026-12-31") % {"value": shown(value)}


def _choice(field: Field, value: Any) -> Iterator[str]:
    choices = field.choices or {}
    if not isinstance(value, str) or value not in choices:
        yield _("“%(value)s” is not one of: %(choices)s") % {"value": shown(value), "choices": ", ".join(choices)}


def _choices(field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not value or len({str(one) for one in value}) < len(value):
        yield _("a list is needed, each once, of: %(choices)s") % {"choices": ", ".join(field.choices or {})}
        return
    for one in value:
        yield from _choice(field, one)


def _flag(field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield _("true or false is needed, not “%(value)s”") % {"value": shown(value)}


def _key(field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not KEY.match(value) or len(value) > 60:
        yield _("“%(value)s” is not a key: small letters, digits, - and _, at most 60") % {"value": shown(value)}


def _event_type(field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value not in EVENT_TYPES:
        yield _("there is no type of event called “%(value)s”; the guide’s page on the timeline lists all") % {
            "value": shown(value)
        }


def _share(field: Field, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        yield _("“%(value)s” is not a share: write 0.1 for a tenth") % {"value": shown(value)}
    else:
        yield from _within(field, value)


def _rule(field: Field, value: Any) -> Iterator[str]:
    if is_too_deep(value):
        yield _("the rule is nested too deeply")
    else:
        yield from (str(problem) for problem in rules.check(value))


def _data_rule(field: Field, value: Any) -> Iterator[str]:
    if is_too_deep(value):
        yield _("the rule is nested too deeply")
    else:
        yield from data_rules.check(value)


def _ways(field: Field, value: Any) -> Iterator[str]:
    if not isinstance(value, list) or not 2 <= len(value) <= MOST_WAYS:
        yield _('2 to %(most)s ways are needed, such as {key = "a", share = 0.5}') % {"most": MOST_WAYS}
        return
    total, keys = 0.0, set()
    for number, way in enumerate(value, start=1):
        if not isinstance(way, Mapping) or set(way) - {"key", "share", "to"} or not {"key", "share"} <= set(way):
            yield _("way %(number)s needs key and share, and may name the step it goes to") % {"number": number}
            return
        key, share = way["key"], way["share"]
        if not isinstance(key, str) or not KEY.match(key) or len(key) > 20 or key in keys:
            yield _("way %(number)s: the key must be short, of small letters, and used once") % {"number": number}
        keys.add(str(key))
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            yield _("way %(number)s: the share must lie between 0 and 1") % {"number": number}
            return
        if "to" in way and not isinstance(way["to"], str):
            yield _("way %(number)s: the step it goes to is named by its key") % {"number": number}
        total += share
    if abs(total - 1) > 1e-6:
        yield _("the shares make %(total)s together, not 1") % {"total": round(total, 6)}


CHECKS: dict[str, Callable[[Field, Any], Iterator[str]]] = {
    "number": _number,
    "duration": _whole,
    "hour": _hour,
    "weekday": _weekdays,
    "text": _text,
    "words": _words,
    "date": _date,
    "key": _key,
    "choice": _choice,
    "choices": _choices,
    "flag": _flag,
    "segment": _key,
    "event_type": _event_type,
    "message": _key,
    "template": _key,
    "webhook": _key,
    "step": _key,
    "earlier_step": _key,
    "ways": _ways,
    "money": _whole,
    "share": _share,
    "rule": _rule,
    "data_rule": _data_rule,
}


def shown(value: Any, most: int = 60) -> str:
    """A value as an error names it, never long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def is_text(value: str) -> bool:
    """Whether every character can be written in UTF-8 and is kept by both databases."""
    return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def is_too_deep(value: Any, most: int = 20) -> bool:
    """Whether tables and lists lie in each other deeper than `most`. Does not recurse."""
    layer = [value]
    for _depth in range(most):
        below: list[Any] = []
        for one in layer:
            if isinstance(one, Mapping):
                below += one.values()
            elif isinstance(one, list):
                below += one
        if not below:
            return False
        layer = below
    return True
