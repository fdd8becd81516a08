"""The builder of rules: a rule as a tree of groups and conditions that a form shows and changes, step by step.

The form carries the tree as JSON and each condition's inputs under names made of its place: `0-1-field`, `0-1-op`, …
(second condition of the first group). Every step is one POST; without JavaScript the buttons work all the same.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from regulars.core import money
from regulars.core.errors import Refused
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop

from .fields import FIELDS, GROUPS, MONEY, OPERATORS, SHARE, TEXTS, Operator, operator
from .rules import DEEPEST, Node

JOINTS = ("all", "any", "none")
DEEDS = ("ordered", "ordered_category", "ordered_product", "event")
NEW_CONDITION: Node = {"field": "orders", "op": "at_least", "value": 1}
DEFAULTS: dict[str, Any] = {"one": 1, "days": 90, "bool": True, "two": [1, 10], "months": [1]}


@dataclass
class Leaf:
    """One condition. node: as in the rule. problem: what `rules.check` says of it."""

    node: Node
    place: str = ""
    problem: str = ""


@dataclass
class Group:
    """A group. joint: all, any or none of its children hold."""

    joint: str
    children: list["Group | Leaf"] = field(default_factory=list)
    place: str = ""
    depth: int = 0

    @property
    def may_nest(self) -> bool:
        return self.depth < DEEPEST // 2 - 1


def to_tree(rule: Node, place: str = "", depth: int = 0) -> Group:
    """A rule as the builder shows it. The outermost is always a group."""
    tree = _tree(rule, depth)
    if isinstance(tree, Leaf):
        tree = Group("all", [tree])
    _place(tree, place, depth)
    return tree


def _tree(rule: Node, depth: int) -> Group | Leaf:
    if not rule:
        return Group("all")
    if "not" in rule:
        inner = rule["not"]
        if "any" in inner:
            return Group("none", [_tree(child, depth + 1) for child in inner["any"]])
        return Group("none", [_tree(inner, depth + 1)])
    for joint in ("all", "any"):
        if joint in rule:
            return Group(joint, [_tree(child, depth + 1) for child in rule[joint]])
    return Leaf(dict(rule))


def _place(group: Group, place: str, depth: int) -> None:
    group.place, group.depth = place, depth
    for index, child in enumerate(group.children):
        child.place = f"{place}-{index}" if place else str(index)
        if isinstance(child, Group):
            _place(child, child.place, depth + 1)


def to_rule(tree: Group | Leaf) -> Node:
    """The rule that a tree means. Groups without conditions say nothing and are left out."""
    if isinstance(tree, Leaf):
        return tree.node
    children = [to_rule(child) for child in tree.children if isinstance(child, Leaf) or child.children]
    if tree.joint == "none":
        return {"not": {"any": children}} if children else {"all": []}
    return {tree.joint: children}


def leaves(group: Group) -> Iterator[Leaf]:
    for child in group.children:
        if isinstance(child, Leaf):
            yield child
        else:
            yield from leaves(child)


def from_form(data: Mapping[str, Any], shop: Shop) -> Group:
    """The tree that a posted form means: its shape from the hidden JSON, its values from the inputs."""
    try:
        shape = json.loads(data.get("rule") or "{}")
        tree = to_tree(shape if isinstance(shape, dict) else {})
    except (ValueError, TypeError, AttributeError):
        tree = Group("all")
    _read(tree, data, shop)
    return tree


def _read(group: Group, data: Mapping[str, Any], shop: Shop) -> None:
    joint = data.get(f"{group.place or 'root'}-joint", group.joint)
    group.joint = joint if joint in JOINTS else group.joint
    for child in group.children:
        if isinstance(child, Group):
            _read(child, data, shop)
        elif f"{child.place}-field" in data:
            child.node = _node(child, data, shop)


def _node(leaf: Leaf, data: Mapping[str, Any], shop: Shop) -> Node:
    """The condition that its inputs say; another field or operator than before starts from its defaults."""
    name = leaf.place
    what, op = str(data.get(f"{name}-field", "")), str(data.get(f"{name}-op", ""))
    if what.startswith("did:"):
        return _deed(name, what.removeprefix("did:"), op, data, is_new=what != field_key(leaf.node))
    chosen = FIELDS.get(what)
    if chosen is None:
        return leaf.node
    how = operator(chosen, op) or OPERATORS[chosen.kind][0]
    node: Node = {"field": what, "op": how.key}
    if how.takes == "nothing":
        return node
    if what != leaf.node.get("field") or how.takes != _takes(leaf.node):
        node["value"] = _default(chosen.kind, how, shop)
    else:
        node["value"] = _value(name, chosen.kind, how, data, shop)
    return node


def _takes(node: Node) -> str:
    chosen = FIELDS.get(node.get("field", ""))
    how = operator(chosen, node.get("op", "")) if chosen else None
    return how.takes if how else ""


def _default(kind: str, how: Operator, shop: Shop) -> Any:
    if kind in TEXTS:
        return [] if how.takes == "many" else ""
    if kind == MONEY and how.takes in {"one", "two"}:
        return money.to_minor(100, shop.currency) if how.takes == "one" else [0, money.to_minor(100, shop.currency)]
    if kind == SHARE and how.takes in {"one", "two"}:
        return 0.5 if how.takes == "one" else [0.2, 0.8]
    return DEFAULTS.get(how.takes, "")


def _value(name: str, kind: str, how: Operator, data: Mapping[str, Any], shop: Shop) -> Any:
    """What an input says, as rules keep it; None for what is no number (the check then names it)."""
    text = str(data.get(f"{name}-value", "")).strip()
    match how.takes:
        case "bool":
            return text == "yes"
        case "days":
            return _whole(text)
        case "day":
            return text
        case "months":
            chosen = data.getlist(f"{name}-value") if hasattr(data, "getlist") else [text]
            return [int(month) for month in chosen if month.isdigit()]
        case "many":
            return [part.strip() for part in text.split(",") if part.strip()]
        case "two":
            return [_number(text, kind, shop), _number(str(data.get(f"{name}-to", "")), kind, shop)]
    return text if kind in TEXTS else _number(text, kind, shop)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


def _number(text: str, kind: str, shop: Shop) -> int | float | None:
    try:
        amount = Decimal(text.replace(",", ".").strip())
        if kind == MONEY:
            return money.to_minor(amount, shop.currency)
    except (ArithmeticError, Refused):
        return None
    if not amount.is_finite():
        return None
    if kind == SHARE:
        return float(amount / 100)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _deed(name: str, deed: str, op: str, data: Mapping[str, Any], *, is_new: bool) -> Node:
    node: Node = {"did_not" if op == "did_not" else "did": "event" if deed == "event" else "ordered"}
    if deed == "event":
        node["type"] = str(data.get(f"{name}-type") or next(iter(EVENT_TYPES), ""))
    elif deed != "ordered":
        node[deed.removeprefix("ordered_")] = "" if is_new else str(data.get(f"{name}-what", "")).strip()
    days = data.get(f"{name}-days", "90" if is_new else "")
    if str(days).strip():
        node["within_days"] = _whole(str(days).strip())
    times = _whole(str(data.get(f"{name}-times", "1")).strip())
    if times != 1:
        node["at_least"] = times
    return node


def field_key(node: Node) -> str:
    """What the first select of a condition shows: a field, or what the customer did."""
    deed = node.get("did") or node.get("did_not")
    if deed is None:
        return str(node.get("field", ""))
    if deed == "event":
        return "did:event"
    for kind in ("category", "product"):
        if kind in node:
            return f"did:ordered_{kind}"
    return "did:ordered"


def step(tree: Group, action: str) -> None:
    """Does what a button says: "add:PLACE", "group:PLACE", "remove:PLACE". An unknown one changes nothing."""
    verb, _colon, place = action.partition(":")
    found = _find(tree, place)
    if found is None:
        return
    parent, child = found
    if verb in {"add", "group"} and isinstance(child, Group):
        fresh = Leaf(dict(NEW_CONDITION))
        child.children.append(fresh if verb == "add" else Group("any", [fresh]))
    elif verb == "remove" and parent is not None:
        parent.children = [one for one in parent.children if one is not child]
    _place(tree, "", 0)


def _find(tree: Group, place: str) -> tuple[Group | None, Group | Leaf] | None:
    parent: Group | None = None
    child: Group | Leaf = tree
    for part in [part for part in place.split("-") if part not in {"", "root"}]:
        if not isinstance(child, Group) or not part.isdigit() or int(part) >= len(child.children):
            return None
        parent, child = child, child.children[int(part)]
    return parent, child


def note_problems(tree: Group, problems: Mapping[str, str]) -> None:
    """Puts the words of each problem to its condition. `problems`: place in the builder → words."""
    for leaf in leaves(tree):
        leaf.problem = problems.get(leaf.place, "")


def field_choices() -> list[dict[str, Any]]:
    """The fields in groups, for the first select of a condition."""
    groups = [
        {"title": title, "options": [(one.key, one.title) for one in FIELDS.values() if one.group == key]}
        for key, title in GROUPS.items()
    ]
    deeds = [
        ("did:ordered", _("Order")),
        ("did:ordered_category", _("Order from a category")),
        ("did:ordered_product", _("Order of a product")),
        ("did:event", _("Event on the timeline")),
    ]
    return [{"title": _("What customers did"), "options": deeds}, *groups]
