"""Definitions: a document checked and frozen as JSON in a Journey, with what each kind has made for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from . import document as documents
from .kinds import Params, Publication, StepKind, TriggerKind, step_kinds, trigger_kinds
from .playbook import Playbook, Step, Trigger

Definition = dict[str, Any]


def draft(playbook: Playbook, settings: Mapping[str, Any]) -> tuple[Trigger, list[Step]]:
    """The trigger and the steps of a playbook with these settings. Raises Refused for what could not run.

    Jumps go forward only, so every way through a journey ends.
    """
    try:
        whole = documents.checked(documents.of_playbook(playbook, settings))
    except Refused as refused:
        raise Refused(f"{playbook.key}: {refused}") from refused
    trigger = dict(whole["trigger"])
    return (
        Trigger(trigger.pop("kind"), trigger),
        [Step(one["key"], one["kind"], one["params"]) for one in whole["steps"]],
    )


def freeze(publication: Publication, document: Mapping[str, Any]) -> Definition:
    """The definition as JSON: each kind has made what it needs (templates, offers, segments).

    Raises Refused naming the place of what is wrong or not there in this shop.
    """
    whole = documents.checked(document)
    params = dict(whole["trigger"])
    kind = params.pop("kind")
    found = trigger_kinds()[kind]
    trigger = {"kind": kind, **_prepared(found, publication, params, _("trigger (%(kind)s)") % {"kind": kind})}
    steps = []
    for number, one in enumerate(whole["steps"], start=1):
        place = documents.step_place(number, one["key"], one["kind"])
        part = replace(publication, part=one["key"])
        made = _prepared(step_kinds()[one["kind"]], part, one.get("params", {}), place)
        steps.append({"key": one["key"], "kind": one["kind"], "params": made})
    leave_when = {name: value for name, value in (whole.get("leave_when") or {}).items() if value is not False}
    reentry = whole["reentry"]
    return {
        "purpose": whole.get("purpose", "marketing"),
        "channel": whole.get("channel", "email"),
        "ends_when": "ordered" if leave_when.get("ordered") else "",
        "leave_when": {} if leave_when.get("ordered") else leave_when,
        "reentry": reentry["rule"],
        "again_after_days": reentry.get("days"),
        "trigger": trigger,
        "steps": steps,
    }


def _prepared(kind: StepKind | TriggerKind, publication: Publication, params: Params, place: str) -> dict[str, Any]:
    try:
        return kind.prepare(publication, params)
    except Refused as refused:
        raise Refused(f"{place}: {refused}", code=refused.code) from refused


def step_at(definition: Mapping[str, Any], key: str) -> tuple[str, Mapping[str, Any], str | None]:
    """`(kind, parameters, key of the following step)` of a step. Raises Refused for one that is not there."""
    steps = definition["steps"]
    for place, one in enumerate(steps):
        if one["key"] == key:
            following = steps[place + 1]["key"] if place + 1 < len(steps) else None
            return one["kind"], one["params"], following
    raise Refused(f"the journey has no step called {key}")


def heard(definition: Mapping[str, Any]) -> set[str]:
    """Types of events that a frozen definition has to be told of, by its trigger and its steps."""
    trigger = definition["trigger"]
    types = set(trigger_kinds()[trigger["kind"]].hears(trigger))
    for one in definition["steps"]:
        types |= step_kinds()[one["kind"]].hears(one["params"])
    return types
