"""What a person does to the flow of a journey: add, change, move, copy and remove steps, add and remove ways.

Places where a step can be put are named `start`, `after:STEP` and `way:STEP:WAY` (the beginning of a way of a fork).
Every function takes a document and returns a new one; Refused says in words what cannot be done.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from .document import MOST_STEPS
from .fields import MOST_WAYS
from .flow import Flow, Node, Way, flatten, fresh_key, is_fork, nodes, parse, readable
from .kinds import step_kinds

Document = Mapping[str, Any]

BEGINNINGS: dict[str, dict[str, Any]] = {
    "wait": {"days": 3},
    "branch": {"ordered": True},
    "branch_event": {"event": "message.clicked"},
    "branch_score": {"score": "p_alive", "at_least": 0.5},
    "wait_for": {"event": "order.placed", "days": 3},
    "issue_voucher": {"offer": "percent", "percent": 10, "valid_days": 30},
}
"""What a step of a kind says when it is added; what it must be told beyond that is shown at the step."""


@dataclass(frozen=True)
class Edited:
    """The document after a change, and the step that was concerned (empty: none)."""

    document: dict[str, Any]
    step: str = ""


def tree_of(document: Document) -> Flow:
    """The flow of a document. Raises Refused for one that cannot be drawn."""
    if not readable(document.get("steps", [])):
        raise Refused(_("The steps of this journey cannot be drawn: correct them in the text file."), code="not_drawn")
    return parse(document.get("steps", []))


def _made(document: Document, flow: Flow, step: str = "") -> Edited:
    steps = flatten(flow)
    if len(steps) > MOST_STEPS:
        raise Refused(_("A journey has at most %(most)s steps.") % {"most": MOST_STEPS})
    return Edited({**document, "steps": steps}, step)


def find(flow: Flow, key: str) -> tuple[Flow, int]:
    """The list that holds a step and its number there. Raises Refused when it is gone."""
    for number, one in enumerate(flow):
        if one.key == key:
            return flow, number
        for way in one.ways:
            try:
                return find(way.steps, key)
            except Refused:
                continue
    raise Refused(_("The step “%(key)s” is not there any more.") % {"key": key[:60]}, code="gone")


def _at(flow: Flow, place: str) -> tuple[Flow, int]:
    """The list and the number at which a step put at `place` would stand."""
    what, _colon, rest = place.partition(":")
    if what == "start":
        return flow, 0
    if what == "after":
        found, number = find(flow, rest)
        return found, number + 1
    if what == "way":
        key, _colon, name = rest.partition(":")
        found, number = find(flow, key)
        for way in found[number].ways:
            if way.name == name:
                return way.steps, 0
    raise Refused(_("There is no such place in the journey."), code="gone")


def places(flow: Flow, without: str = "") -> list[str]:
    """Every place, from the top down, none of them within the step `without`."""
    found = ["start"]

    def below(steps: Flow) -> None:
        for one in steps:
            if one.key != without:
                for way in one.ways:
                    found.append(f"way:{one.key}:{way.name}")
                    below(way.steps)
            found.append(f"after:{one.key}")

    below(flow)
    return found


def place_of(flow: Flow, key: str) -> str:
    """The place at which a step stands."""

    def look(steps: Flow, first: str) -> str:
        before = first
        for one in steps:
            if one.key == key:
                return before
            for way in one.ways:
                if found := look(way.steps, f"way:{one.key}:{way.name}"):
                    return found
            before = f"after:{one.key}"
        return ""

    return look(flow, "start")


def new_node(document: Document, kind: str, taken: set[str]) -> Node:
    """A step of a kind as it begins."""
    if kind not in step_kinds():
        raise Refused(_("There is no kind of step called “%(kind)s”.") % {"kind": kind[:60]})
    node = Node(fresh_key(kind, taken), kind, deepcopy(BEGINNINGS.get(kind, {})))
    if kind == "split":
        node.ways = [Way("a", share=0.5), Way("b", share=0.5)]
    elif is_fork(kind):
        node.ways = [Way("otherwise"), Way("then")]
    messages = document.get("messages")
    if kind == "send" and isinstance(messages, Mapping) and messages:
        used = {one.get("params", {}).get("message") for one in document.get("steps", [])}
        node.params["message"] = next((name for name in messages if name not in used), next(iter(messages)))
    return node


def add(document: Document, kind: str, place: str) -> Edited:
    """Puts a new step of a kind at a place."""
    flow = tree_of(document)
    node = new_node(document, kind, {one.key for one in nodes(flow)})
    found, number = _at(flow, place)
    found.insert(number, node)
    return _made(document, flow, node.key)


def change(document: Document, key: str, params: Mapping[str, Any], ways: Mapping[str, str] | None = None) -> Edited:
    """Gives a step other parameters; ways: where each way of a fork ends, by its name (empty: below the fork)."""
    flow = tree_of(document)
    found, number = find(flow, key)
    node = found[number]
    node.params = dict(params)
    for way in node.ways:
        if ways is not None and way.name in ways:
            way.to = ways[way.name]
    return _made(document, flow, key)


def move(document: Document, key: str, place: str) -> Edited:
    """Moves a step, a fork with all that is on its ways, to another place."""
    flow = tree_of(document)
    if place not in places(flow, without=key):
        raise Refused(_("A step cannot be moved into itself."), code="not_there")
    if place in (f"after:{key}", place_of(flow, key)):
        return Edited(dict(document), key)
    found, number = find(flow, key)
    node = found[number]
    target, at = _at(flow, place)
    target.insert(at, node)
    del found[number + (1 if target is found and at <= number else 0)]
    return _made(document, flow, key)


def shift(document: Document, key: str, by: int) -> Edited:
    """Moves a step one place up (by −1) or down (1), into and out of ways as they come."""
    flow = tree_of(document)
    around = [one for one in places(flow, without=key) if one != f"after:{key}"]
    here = around.index(place_of(flow, key))
    for place in around[here + 1 :] if by > 0 else reversed(around[:here]):
        made = move(document, key, place)
        # A step on a way that others leave by an end is the same as one below the fork: such a place is passed over.
        now = tree_of(made.document)
        there = [one for one in places(now, without=key) if one != f"after:{key}"].index(place_of(now, key))
        if (there - here) * by > 0:
            return made
    return Edited(dict(document), key)


def duplicate(document: Document, key: str) -> Edited:
    """Copies a step with all that is on its ways, right below it."""
    flow = tree_of(document)
    found, number = find(flow, key)
    taken = {one.key for one in nodes(flow)}
    copy = deepcopy(found[number])
    names = {one.key: fresh_key(one.kind, taken) for one in nodes([copy])}
    for one in nodes([copy]):
        one.key = names[one.key]
        one.params = {
            name: names.get(value, value) if isinstance(value, str) and name == "voucher" else value
            for name, value in one.params.items()
        }
        for way in one.ways:
            way.to = names.get(way.to, way.to)
    found.insert(number + 1, copy)
    return _made(document, flow, copy.key)


def remove(document: Document, key: str) -> Edited:
    """Removes a step with all that is on its ways; jumps to one of them go on below their fork instead."""
    flow = tree_of(document)
    found, number = find(flow, key)
    gone = {one.key for one in nodes([found[number]])}
    before = place_of(flow, key)
    del found[number]
    for one in nodes(flow):
        for way in one.ways:
            way.to = "" if way.to in gone else way.to
        if one.params.get("voucher") in gone:
            del one.params["voucher"]
    beside = before.split(":")[1] if ":" in before else ""
    return _made(document, flow, beside)


def set_ways(document: Document, key: str, shares: Mapping[str, float]) -> Edited:
    """Gives the ways of a split their shares, by their names."""
    return _with_split(document, key, lambda node: [_share(way, shares) for way in node.ways])


def add_way(document: Document, key: str) -> Edited:
    """Adds a way to a split; all get the same share."""

    def more(node: Node) -> list[Way]:
        if len(node.ways) >= MOST_WAYS:
            raise Refused(_("A split has at most %(most)s ways.") % {"most": MOST_WAYS})
        names = {way.name for way in node.ways}
        fresh = next(letter for letter in "abcdefghijklmnopqrst" if letter not in names)
        return _evenly([*node.ways, Way(fresh)])

    return _with_split(document, key, more)


def remove_way(document: Document, key: str, name: str) -> Edited:
    """Removes a way of a split with its steps; the others get the same share."""

    def fewer(node: Node) -> list[Way]:
        if len(node.ways) <= 2:
            raise Refused(_("A split needs two ways: remove the split instead."))
        return _evenly([way for way in node.ways if way.name != name])

    return _with_split(document, key, fewer)


def _share(way: Way, shares: Mapping[str, float]) -> Way:
    way.share = shares.get(way.name, way.share)
    return way


def _evenly(ways: list[Way]) -> list[Way]:
    for number, way in enumerate(ways):
        share = round(1 / len(ways), 4)
        way.share = share if number else round(1 - share * (len(ways) - 1), 4)
    return ways


def _with_split(document: Document, key: str, made: Callable[[Node], list[Way]]) -> Edited:
    flow = tree_of(document)
    found, number = find(flow, key)
    if found[number].kind != "split":
        raise Refused(_("The step “%(key)s” is no split.") % {"key": key[:60]})
    found[number].ways = made(found[number])
    return _made(document, flow, key)
