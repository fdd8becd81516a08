"""Rules over the data of an event: a small tree of JSON, asked in Python of events that were read as a set.

    {"all": [node, …]}, {"any": [node, …]}, {"not": node}       as in rules of segments
    {"data": "value", "op": "at_least", "value": 5000}          "data" names a value of the event, "a.b" one inside another

A condition on a value that the event does not have does not hold; its "not" does. An empty rule holds for every event.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

OPERATORS = ("is", "is_not", "at_least", "at_most", "one_of", "contains", "known", "unknown")
DEEPEST = 6
MOST = 30
_MISSING = object()


def check(rule: Any) -> Iterator[str]:
    """What is wrong with a rule, each with its place; nothing when it is fine."""
    if isinstance(rule, dict) and not rule:
        return
    counted = [0]
    yield from _check(rule, "", 0, counted)
    if counted[0] > MOST:
        yield _("a rule may have %(most)s conditions at most") % {"most": MOST}


def _check(node: Any, place: str, depth: int, counted: list[int]) -> Iterator[str]:
    where = f"{place}: " if place else ""
    if not isinstance(node, Mapping) or depth > DEEPEST:
        yield where + _('a condition such as {data = "value", op = "at_least", value = 5000} is needed')
        return
    joint = next((name for name in ("all", "any") if name in node), None)
    if joint:
        if len(node) > 1 or not isinstance(node[joint], list):
            yield where + _("a group holds a list of conditions and nothing else")
            return
        for index, child in enumerate(node[joint]):
            yield from _check(child, f"{place}.{joint}.{index}".lstrip("."), depth + 1, counted)
    elif "not" in node:
        if len(node) > 1:
            yield where + _("a group holds a list of conditions and nothing else")
        else:
            yield from _check(node["not"], f"{place}.not".lstrip("."), depth + 1, counted)
    else:
        counted[0] += 1
        yield from (where + words for words in _condition(node))


def _condition(node: Mapping[str, Any]) -> Iterator[str]:
    name, how, value = node.get("data"), node.get("op"), node.get("value")
    if extra := sorted(set(node) - {"data", "op", "value"}):
        yield _("“%(name)s” is not understood here") % {"name": str(extra[0])[:60]}
    if not isinstance(name, str) or not 0 < len(name) <= 60:
        yield _("“data” must name a value of the event")
    if how not in OPERATORS:
        yield _("“%(op)s” is not one of: %(operators)s") % {"op": str(how)[:60], "operators": ", ".join(OPERATORS)}
    elif how in {"at_least", "at_most"} and (isinstance(value, bool) or not isinstance(value, int | float)):
        yield _("a number is needed")
    elif how == "one_of" and not (isinstance(value, list) and value and all(_is_plain(one) for one in value)):
        yield _("a list of values is needed")
    elif how in {"is", "is_not"} and not _is_plain(value):
        yield _("a value is needed")
    elif how == "contains" and not (isinstance(value, str) and value):
        yield _("a text is needed")
    elif how in {"known", "unknown"} and value is not None:
        yield _("“%(name)s” is not understood here") % {"name": "value"}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def holds(rule: Mapping[str, Any] | None, data: Mapping[str, Any]) -> bool:
    """Whether the rule holds for the data of one event."""
    if not rule:
        return True
    if "all" in rule:
        return all(holds(node, data) for node in rule["all"])
    if "any" in rule:
        return any(holds(node, data) for node in rule["any"])
    if "not" in rule:
        return not holds(rule["not"], data)
    return _holds(rule["op"], _value(rule["data"], data), rule.get("value"))


def _value(name: str, data: Any) -> Any:
    for part in name.split("."):
        if not isinstance(data, Mapping) or part not in data:
            return _MISSING
        data = data[part]
    return data


def _holds(how: str, found: Any, value: Any) -> bool:
    known = found is not _MISSING and found is not None and found != ""
    if how in {"known", "unknown"}:
        return known == (how == "known")
    if not known:
        return False
    match how:
        case "is":
            return bool(found == value)
        case "is_not":
            return bool(found != value)
        case "one_of":
            return any(found == one for one in value)
        case "contains":
            return value in found if isinstance(found, str | list) else False
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return bool(found >= value if how == "at_least" else found <= value)
