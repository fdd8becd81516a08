"""The side panel of the editor: the inputs of what is chosen, or the palette."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from regulars.core.models import Shop
from regulars.decide.segments.builder import to_tree
from regulars.decide.segments.pages import builder_context
from regulars.journeys.changes import HEAD_PANEL, SETTINGS, TRIGGER, part_fields
from regulars.journeys.document import PARTS
from regulars.journeys.flow import Flow, Node, nodes
from regulars.journeys.inputs import Form, Input
from regulars.journeys.kinds import step_kinds, trigger_kinds
from regulars.journeys.models import JourneyDraft
from regulars.journeys.picture import way_title
from regulars.journeys.playbook import MAIL
from regulars.journeys.problems import Problem
from regulars.reach.messaging.channel_kinds import CHANNEL_KINDS


def panel_context(
    shop: Shop, draft: JourneyDraft, tree: Flow, chosen: str, place: str, problems: list[Problem]
) -> dict[str, Any]:
    """`panel`: what it shows (palette, trigger, journey, step), with the inputs, and the builder where there is a rule."""
    node = next((one for one in nodes(tree) if one.key == chosen), None)
    if place:
        return {"panel": "palette"}
    if node is not None and node.kind in step_kinds():
        return _step(shop, draft, tree, node, problems)
    if chosen == TRIGGER:
        return _trigger(shop, draft, tree, problems)
    return _head(shop, draft, problems)


def _named(problems: list[Problem]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in problems:
        found[one.name].append(one.words)
    return found


def _with_builder(shop: Shop, inputs: list[Input]) -> dict[str, Any]:
    """The builder of the one rule of a panel, if its condition is switched on."""
    for one in inputs:
        if one.widget == "rule" and one.value["is_there"] and isinstance(one.value["rule"], dict):
            try:
                return builder_context(to_tree(one.value["rule"]), shop)
            except (KeyError, TypeError, AttributeError):
                one.widget = "unreadable"
    return {}


def _step(shop: Shop, draft: JourneyDraft, tree: Flow, node: Node, problems: list[Problem]) -> dict[str, Any]:
    kind = step_kinds()[node.kind]
    listed = draft.document.get("steps", [])
    number = next((place for place, one in enumerate(listed, start=1) if one["key"] == node.key), 0)
    mine = [one for one in problems if one.step == number]
    inputs = Form(shop, kind.fields, draft.document, tree, node.key).inputs(node.params, _named(mine))
    after = False
    later: list[tuple[str, str]] = []
    order = {one.key: place for place, one in enumerate(nodes(tree), start=1)}
    below = {one.key for way in node.ways for one in nodes(way.steps)}
    for one in nodes(tree):
        if after and one.key not in below and one.kind in step_kinds():
            later.append((one.key, f"{order[one.key]} · {step_kinds()[one.kind].title}"))
        after = after or one.key == node.key
    ways = [
        {
            "name": way.name,
            "title": way_title(node.kind, way),
            "to": way.to,
            "share": None if way.share is None or not isinstance(way.share, int | float) else f"{100 * way.share:.6g}",
            "steps": len(way.steps),
        }
        for way in node.ways
    ]
    return {
        "panel": "step",
        "node": node,
        "kind": kind,
        "inputs": inputs,
        "panel_problems": [one for one in mine if one.name not in {name.field.key for name in inputs}],
        "ways": ways,
        "later": later,
        "message": _message(draft, node),
        **_with_builder(shop, inputs),
    }


def _message(draft: JourneyDraft, node: Node) -> dict[str, Any] | None:
    """The texts of the journey's own message that a step sends, to be edited beside it."""
    messages = draft.document.get("messages")
    name = node.params.get("message") if node.kind == "send" else None
    if not isinstance(messages, Mapping) or not isinstance(name, str) or not isinstance(messages.get(name), Mapping):
        return None
    texts = messages[name].get("texts")
    kind = CHANNEL_KINDS.get(str(messages[name].get("channel", MAIL)))
    if not isinstance(texts, Mapping) or kind is None:
        return None
    return {"name": name, "kind": kind, "texts": list(texts.items())}


def _trigger(shop: Shop, draft: JourneyDraft, tree: Flow, problems: list[Problem]) -> dict[str, Any]:
    trigger = draft.document.get("trigger")
    params = dict(trigger) if isinstance(trigger, Mapping) else {}
    kind = trigger_kinds().get(str(params.pop("kind", "")))
    mine = [one for one in problems if one.step is None and one.name]
    inputs = Form(shop, kind.fields, draft.document).inputs(params, _named(mine)) if kind else []
    kinds = [(key, str(one.title)) for key, one in trigger_kinds().items() if key != "campaign" or kind is one]
    return {
        "panel": "trigger",
        "kind": kind,
        "kinds": sorted(kinds, key=lambda pair: pair[1].lower()),
        "inputs": inputs,
        **_with_builder(shop, inputs),
    }


def _head(shop: Shop, draft: JourneyDraft, problems: list[Problem]) -> dict[str, Any]:
    by_place = defaultdict(list)
    for one in problems:
        by_place[one.place].append(one.words)
    parts = []
    builder: dict[str, Any] = {}
    for part in PARTS:
        values = draft.document.get(part)
        named = {f"{part}-{name}": value for name, value in (values if isinstance(values, Mapping) else {}).items()}
        wrong = {f"{part}-{place.removeprefix(f'{part}.')}": words for place, words in by_place.items() if "." in place}
        inputs = Form(shop, part_fields(part), draft.document).inputs(named, wrong)
        builder |= _with_builder(shop, inputs)
        parts.append({"key": part, "inputs": inputs, "problems": by_place.get(part, [])})
    return {
        "panel": HEAD_PANEL,
        "inputs": Form(shop, SETTINGS, draft.document).inputs(draft.document, by_place),
        "parts": parts,
        **builder,
    }
