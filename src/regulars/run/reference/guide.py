"""The reference pages of the merchants' guide, in each of its languages."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.utils import translation

from regulars.core.event_types import EVENT_TYPES
from regulars.core.personal_data import DECLARED
from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS, Role
from regulars.decide.contact_policy.words import REASONS as GATE_REASONS
from regulars.decide.contact_policy.words import reason_words
from regulars.decide.goals.models import Goal
from regulars.decide.segments.fields import FIELDS, GROUPS
from regulars.decide.segments.ready_made import READY_MADE
from regulars.insights import kpis as figures
from regulars.insights.figures import REASONS as FIGURE_REASONS
from regulars.journeys.playbook import PLAYBOOKS, Message, Playbook
from regulars.journeys.settings import Money, Text

from .markdown import code, table

LOCALES = ("en", "de")

Words = dict[str, str]
"""Locale → text: what only stands on these pages."""

MADE: Words = {
    "en": "This page is written by `./regulars docs --write` from the program itself.",
    "de": "Diese Seite schreibt `./regulars docs --write` aus dem Programm selbst.",
}


def pages(locale: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Name and writer of each page in a language."""
    for name, write in WRITERS.items():
        yield name, partial(_in, locale, write)


def _in(locale: str, write: Callable[[str], str]) -> str:
    with translation.override(locale):
        return write(locale)


def head(locale: str, title: Words, lead: Words) -> str:
    """The beginning of a page."""
    return f"# {title[locale]}\n\n{lead[locale]} {MADE[locale]}\n\n"


def missing(locale: str) -> str:
    """Why a figure may be missing."""
    title: Words = {"en": "When a figure is “–”", "de": "Wenn eine Kennzahl „–“ ist"}
    lead: Words = {
        "en": "A figure that cannot be computed is never shown as 0. These are the reasons.",
        "de": "Was sich nicht berechnen lässt, steht nie als 0 da. Dies sind die Gründe.",
    }
    columns = {"en": ("reason", "key"), "de": ("Grund", "Schlüssel")}
    rows = [(sentence, code(key)) for key, sentence in FIGURE_REASONS.items()]
    return head(locale, title, lead) + table(columns[locale], rows)


def roles(locale: str) -> str:
    """Which role may do what."""
    title: Words = {"en": "Roles and what each may do", "de": "Rollen und was jede darf"}
    lead: Words = {
        "en": "Each person has one role in each shop.",
        "de": "Jede Person hat in jedem Shop eine Rolle.",
    }
    first: Words = {"en": "may", "de": "darf"}
    rows = [
        (words, *("✓" if key in ROLE_PERMISSIONS[role] else "" for role in Role), code(key))
        for key, words in PERMISSIONS.items()
    ]
    last: Words = {"en": "key", "de": "Schlüssel"}
    return head(locale, title, lead) + table([first[locale], *(role.label for role in Role), last[locale]], rows)


def timeline(locale: str) -> str:
    """Every kind of event on the timeline."""
    title: Words = {"en": "What stands on the timeline", "de": "Was im Verlauf steht"}
    lead: Words = {
        "en": "Every fact about a customer is one line on the timeline, and stays there.",
        "de": "Jede Tatsache über einen Kunden ist eine Zeile im Verlauf und bleibt dort.",
    }
    columns = {"en": ("line", "key"), "de": ("Zeile", "Schlüssel")}
    rows = [(one.title, code(one.key)) for one in sorted(EVENT_TYPES.values(), key=lambda one: one.key)]
    return head(locale, title, lead) + table(columns[locale], rows)


def segments(locale: str) -> str:
    """Ready-made segments, and what a rule may ask."""
    title: Words = {"en": "Segments: ready-made ones and fields", "de": "Segmente: fertige und Felder"}
    lead: Words = {
        "en": "The segments each shop starts with, and all that a rule of your own may ask.",
        "de": "Die Segmente, mit denen jeder Shop beginnt, und alles, wonach eine eigene Regel fragen kann.",
    }
    columns = {"en": ("segment", "who", "key"), "de": ("Segment", "wer", "Schlüssel")}
    text = head(locale, title, lead)
    text += table(columns[locale], [(one.name, one.description, code(one.key)) for one in READY_MADE])
    for group, heading in GROUPS.items():
        text += f"\n## {heading}\n\n"
        text += "".join(f"- {one.title} ({code(one.key)})\n" for one in FIELDS.values() if one.group == group)
    return text


def refusals(locale: str) -> str:
    """The reasons of the gate, in its order."""
    title: Words = {"en": "Why a message went out, or not", "de": "Warum eine Nachricht hinausging oder nicht"}
    lead: Words = {
        "en": "The answers of the gate, as they stand on the customer's page.",
        "de": "Die Antworten der Prüfung vor jeder Nachricht, wie sie auf der Seite des Kunden stehen.",
    }
    columns = {"en": ("answer", "key"), "de": ("Antwort", "Schlüssel")}
    return head(locale, title, lead) + table(columns[locale], [(reason_words(key), code(key)) for key in GATE_REASONS])


def personal_data(locale: str) -> str:
    """All that is kept about a customer."""
    title: Words = {"en": "What is kept about a customer", "de": "Was über einen Kunden gespeichert ist"}
    lead: Words = {
        "en": "Each of these parts says for itself what happens to it when customers are merged, exported or erased; the "
        "export has a chapter for each that is not empty.",
        "de": "Jeder dieser Teile sagt selbst, was mit ihm geschieht, wenn Kunden zusammengeführt, exportiert oder "
        "gelöscht werden; der Export hat ein Kapitel für jeden, der nicht leer ist.",
    }
    columns = {"en": ("part", "table"), "de": ("Teil", "Tabelle")}
    rows: list[tuple[Any, str]] = [(one.title, code(one.model._meta.label)) for one in DECLARED.values()]
    return head(locale, title, lead) + table(columns[locale], sorted(rows, key=lambda row: row[1]))


def playbooks(locale: str) -> str:
    """Every playbook: what it does and why, its settings, what it says in every language."""
    title: Words = {"en": "Playbooks: the ready-made measures", "de": "Fertige Maßnahmen"}
    lead: Words = {
        "en": "What each does, what can be set, and what it says.",
        "de": "Was jede tut, was sich einstellen lässt und was sie sagt.",
    }
    chapters = (
        _playbook(locale, one) for _key, one in sorted(PLAYBOOKS.items()) if ".tests" not in type(one).__module__
    )
    return head(locale, title, lead) + "\n".join(chapters)


def _playbook(locale: str, one: Playbook) -> str:
    kpi = figures.definitions().get(one.kpi)
    told = {
        "en": f"Goal: {Goal.Kind(one.goal).label}. Judged by: {kpi.title if kpi else one.kpi}, and by its effect after "
        f"{one.outcome_days} days. Holdout: {float(one.holdout_share):.0%}. Ends by itself after {one.stop_after_days} days.",
        "de": f"Ziel: {Goal.Kind(one.goal).label}. Beurteilt nach: {kpi.title if kpi else one.kpi}, und nach der Wirkung nach "
        f"{one.outcome_days} Tagen. Vergleichsgruppe: {100 * float(one.holdout_share):.0f} %. Endet von selbst nach "
        f"{one.stop_after_days} Tagen.",
    }
    columns = {"en": ("setting", "default", "from", "to"), "de": ("Einstellung", "Vorgabe", "von", "bis")}
    rows = [
        (
            one_setting.label,
            *_amounts(one_setting),
        )
        for one_setting in one.settings
    ]
    text = f"## {one.title}\n\n{one.description}\n\n{one.why}\n\n{told[locale]} ({code(one.key)})\n\n" + table(
        columns[locale], rows
    )
    for name, words in one.message_names.items():
        text += f"\n### {words}\n"
        for message in one.messages(name):
            text += f"\n{message.locale}: **{message.subject}** · {message.preheader}\n\n{_said(message)}"
    return text


def _amounts(setting: Any) -> list[str]:
    """Default and limits. Money is told in major units: most currencies have a hundred minor ones."""
    if isinstance(setting, Text):
        return [setting.default or "–", "", ""]
    values = (setting.default, setting.minimum, setting.maximum)
    return [f"{value / 100:.2f}" if isinstance(setting, Money) else str(value) for value in values]


def _said(message: Message) -> str:
    """The words of a message's body, a quoted line for each part."""
    parts = re.split(
        r"</mj-[a-z]+>|<br\s*/?>|</p>",
        re.sub(
            r"<mj-(?:attributes|style|head)>.*?</mj-(?:attributes|style|head)>", "", message.source, flags=re.DOTALL
        ),
    )
    lines = [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts]
    return ">\n".join(f"> {line}\n" for line in lines if line)


WRITERS: dict[str, Callable[[str], str]] = {
    "playbooks": playbooks,
    "missing-figures": missing,
    "roles": roles,
    "timeline": timeline,
    "segments": segments,
    "refusals": refusals,
    "personal-data": personal_data,
}
