"""Definitions: what a playbook says with given settings, checked, and frozen as JSON in a Journey."""

from collections.abc import Mapping
from typing import Any

from regulars.core.errors import Refused

from .kinds import Publication, check_params, step_kinds, trigger_kinds
from .playbook import Playbook, Step, Trigger

Definition = dict[str, Any]


def draft(playbook: Playbook, settings: Mapping[str, int]) -> tuple[Trigger, list[Step]]:
    """The trigger and the steps with these settings. Raises Refused for what could not run.

    Jumps go forward only, so every way through a journey ends.
    """
    trigger = playbook.trigger(settings)
    if trigger.kind not in trigger_kinds():
        raise Refused(f"{playbook.key}: there is no kind of trigger called {trigger.kind}")
    check_params(trigger_kinds()[trigger.kind], trigger.params, f"{playbook.key}, trigger {trigger.kind}")
    steps = list(playbook.steps(settings))
    if not steps:
        raise Refused(f"{playbook.key}: a journey needs a step")
    places = {step.key: place for place, step in enumerate(steps)}
    if len(places) < len(steps):
        raise Refused(f"{playbook.key}: two steps have the same key")
    for place, step in enumerate(steps):
        where = f"{playbook.key}, step {step.key}"
        kind = step_kinds().get(step.kind)
        if kind is None:
            raise Refused(f"{where}: there is no kind of step called {step.kind}")
        if len(step.key) > 40:
            raise Refused(f"{where}: a key has at most 40 characters")
        check_params(kind, step.params, where)
        for target in kind.targets(step.params):
            if places.get(target, -1) <= place:
                raise Refused(f"{where}: “{target}” is not a later step")
        for earlier in kind.uses(step.params):
            if places.get(earlier, place) >= place:
                raise Refused(f"{where}: “{earlier}” is not an earlier step")
    return trigger, steps


def freeze(publication: Publication, settings: Mapping[str, int]) -> Definition:
    """The definition as JSON: each kind has made what it needs (templates, offers, segments)."""
    playbook = publication.playbook
    trigger, steps = draft(playbook, settings)
    return {
        "purpose": playbook.purpose,
        "channel": playbook.channel,
        "ends_when": playbook.ends_when,
        "again_after_days": playbook.again_after_days,
        "trigger": {"kind": trigger.kind, **trigger_kinds()[trigger.kind].prepare(publication, trigger.params)},
        "steps": [
            {"key": step.key, "kind": step.kind, "params": step_kinds()[step.kind].prepare(publication, step.params)}
            for step in steps
        ],
    }


def step_at(definition: Mapping[str, Any], key: str) -> tuple[str, Mapping[str, Any], str | None]:
    """`(kind, parameters, key of the following step)` of a step. Raises Refused for one that is not there."""
    steps = definition["steps"]
    for place, one in enumerate(steps):
        if one["key"] == key:
            following = steps[place + 1]["key"] if place + 1 < len(steps) else None
            return one["kind"], one["params"], following
    raise Refused(f"the journey has no step called {key}")
