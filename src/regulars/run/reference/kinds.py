"""The reference of steps and triggers: every kind with its parameters, as the code declares them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils import translation

from regulars.journeys.document import HEAD, PARTS
from regulars.journeys.fields import KINDS, Field
from regulars.journeys.kinds import StepKind, TriggerKind, step_kinds, trigger_kinds

from .markdown import code, table

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Steps and triggers of journeys",
        "made": "Written by `./regulars docs --write` from the code.",
        "head": "The journey itself",
        "triggers": "Triggers",
        "steps": "Steps",
        "none": "It has no parameters.",
        "needed": "yes",
        "columns": "parameter|what it is|kind|needed|default|limits or choices",
    },
    "de": {
        "title": "Schritte und Auslöser von Journeys",
        "made": "Mit `./regulars docs --write` aus dem Code geschrieben.",
        "head": "Die Journey selbst",
        "triggers": "Auslöser",
        "steps": "Schritte",
        "none": "Keine Parameter.",
        "needed": "ja",
        "columns": "Parameter|was er ist|Art|nötig|Vorgabe|Grenzen oder Auswahl",
    },
}


def page(locale: str) -> str:
    """The page in one language."""
    with translation.override(locale):
        words = WORDS[locale]
        text = f"# {words['title']}\n\n{words['made']}\n\n## {words['head']}\n\n{_fields(HEAD, locale)}"
        for part, fields in PARTS.items():
            text += f"\n### {code(part)}\n\n{_fields(fields, locale)}"
        groups: dict[str, list[StepKind | TriggerKind]] = {
            "triggers": list(trigger_kinds().values()),
            "steps": list(step_kinds().values()),
        }
        for heading, kinds in groups.items():
            text += f"\n## {words[heading]}\n"
            for kind in sorted(kinds, key=lambda one: one.key):
                text += _kind(kind, locale)
        return text


def _kind(kind: StepKind | TriggerKind, locale: str) -> str:
    words = WORDS[locale]
    fields = _fields(kind.fields, locale) if kind.fields else f"{words['none']}\n"
    return f"\n### {kind.title} ({code(kind.key)})\n\n{fields}"


def _fields(fields: Any, locale: str) -> str:
    rows = [
        (
            code(one.key),
            f"{one.label}. {one.help}" if one.help else str(one.label),
            KINDS[one.kind],
            WORDS[locale]["needed"] if one.required else "",
            "" if one.default is None else code(_value(one.default)),
            _limits(one),
        )
        for one in fields
    ]
    return table(WORDS[locale]["columns"].split("|"), rows)


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _limits(one: Field) -> str:
    if one.choices:
        return ", ".join(f"{code(key)} {words}" for key, words in one.choices.items())
    low, high = one.minimum, one.maximum
    bounds = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
    return f"{bounds} {one.unit}".strip() if low is not None or high is not None else one.unit


PAGES: dict[str, Callable[[], str]] = {
    f"guide/{locale}/reference/journeys.md": partial(page, locale) for locale in WORDS
}
