"""What the editor of a journey posts, as changes of a document: one name each, with what it needs from the form."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop

from . import flow_edit
from .document import HEAD, PARTS
from .fields import Field
from .flow import nodes
from .flow_edit import Document, Edited
from .inputs import Form
from .kinds import step_kinds, trigger_kinds
from .messages import MESSAGE_PARTS

TRIGGER, HEAD_PANEL = "trigger", "journey"
"""What the panel may show beside a step."""
SETTINGS = tuple(one for one in HEAD if one.key != "key")
TRIGGER_STARTS: dict[str, dict[str, Any]] = {
    "event": {"type": "order.placed"},
    "customer_date": {"date": "birthday", "hour": 9},
    "schedule": {"every": "day", "hour": 9},
    "stock_back": {"interest": ["wished"]},
    "price_drop": {"interest": ["wished"]},
    "replenishment": {"hour": 9},
    "order_drawn": {"share": 0.05, "most_a_month": 20},
}


def _step(document: Document, key: str) -> Mapping[str, Any]:
    for one in document.get("steps", []):
        if one["key"] == key:
            return one  # type: ignore[no-any-return]
    raise Refused(_("The step “%(key)s” is not there any more.") % {"key": key[:60]}, code="gone")


def _fields(document: Document, data: Mapping[str, Any], shop: Shop) -> Edited:
    key = str(data.get("key", ""))
    tree = flow_edit.tree_of(document)
    found, number = flow_edit.find(tree, key)
    node = found[number]
    kind = step_kinds().get(node.kind)
    if kind is None:
        raise Refused(_("A step of the kind “%(kind)s” cannot be edited here.") % {"kind": node.kind[:60]})
    params = Form(shop, kind.fields, document, tree, key).read(data, node.params)
    ways = {way.name: str(data[f"way-{way.name}"]) for way in node.ways if f"way-{way.name}" in data}
    made = flow_edit.change(document, key, params, ways)
    shares = {
        way.name: share for way in node.ways if (share := _share(str(data.get(f"share-{way.name}", "")))) is not None
    }
    return flow_edit.set_ways(made.document, key, shares) if shares else made


def _share(text: str) -> float | None:
    try:
        return round(float(text.replace(",", ".")) / 100, 6)
    except ValueError:
        return None


def _trigger(document: Document, data: Mapping[str, Any], shop: Shop) -> Edited:
    old = document.get("trigger")
    before: dict[str, Any] = dict(old) if isinstance(old, Mapping) else {}
    name = str(data.get("kind") or before.get("kind", ""))
    kind = trigger_kinds().get(name)
    if kind is None:
        raise Refused(_("There is no kind of trigger called “%(kind)s”.") % {"kind": name[:60]})
    if name != before.get("kind"):
        kept = {one.key: before[one.key] for one in kind.fields if one.key in before}
        return Edited({**document, "trigger": {"kind": name, **TRIGGER_STARTS.get(name, {}), **kept}}, TRIGGER)
    before.pop("kind", None)
    return Edited(
        {**document, "trigger": {"kind": name, **Form(shop, kind.fields, document).read(data, before)}}, TRIGGER
    )


def part_fields(part: str) -> tuple[Field, ...]:
    """The fields of a part of the head, named so that those of all parts can stand in one form."""
    return tuple(
        Field(
            f"{part}-{one.key}", one.kind, one.label, one.help, one.required, one.default, one.minimum, one.maximum,
            one.unit, one.choices,
        )
        for one in PARTS[part]
    )  # fmt: skip


def _head(document: Document, data: Mapping[str, Any], shop: Shop) -> Edited:
    changed = Form(shop, SETTINGS, document).read(data, document)
    for part in PARTS:
        old = document.get(part)
        before = {f"{part}-{name}": value for name, value in (old if isinstance(old, Mapping) else {}).items()}
        found = Form(shop, part_fields(part), document).read(data, before)
        values = {name.removeprefix(f"{part}-"): value for name, value in found.items()}
        if part == "reentry" and values.get("rule") != "after_days":
            values.pop("days", None)
        if values or part != "leave_when":
            changed[part] = values
        else:
            changed.pop(part, None)
    return Edited(changed, HEAD_PANEL)


def _message(document: Document, data: Mapping[str, Any], shop: Shop) -> Edited:
    """The texts of one message; a new one where the name is not there."""
    messages = dict(document.get("messages") or {})
    name = str(data.get("message", ""))
    if name not in messages:
        raise Refused(_("There is no message called “%(name)s” in this journey.") % {"name": name[:60]})
    texts = {locale: dict(text) for locale, text in messages[name].get("texts", {}).items()}
    for locale, text in texts.items():
        for part in MESSAGE_PARTS:
            if f"m-{locale}-{part}" in data:
                text[part] = str(data[f"m-{locale}-{part}"]).replace("\r\n", "\n")
    messages[name] = {**messages[name], "texts": texts}
    return Edited({**document, "messages": messages}, str(data.get("key", "")))


CHANGES: dict[str, Callable[[Document, Mapping[str, Any], Shop], Edited]] = {
    "add": lambda document, data, _shop: flow_edit.add(document, str(data.get("kind")), str(data.get("place"))),
    "move": lambda document, data, _shop: flow_edit.move(document, str(data.get("key")), str(data.get("place"))),
    "up": lambda document, data, _shop: flow_edit.shift(document, str(data.get("key")), -1),
    "down": lambda document, data, _shop: flow_edit.shift(document, str(data.get("key")), 1),
    "copy": lambda document, data, _shop: flow_edit.duplicate(document, str(data.get("key"))),
    "remove": lambda document, data, _shop: flow_edit.remove(document, str(data.get("key"))),
    "way_add": lambda document, data, _shop: flow_edit.add_way(document, str(data.get("key"))),
    "way_remove": lambda document, data, _shop: flow_edit.remove_way(
        document, str(data.get("key")), str(data.get("way"))
    ),
    "fields": _fields,
    "trigger": _trigger,
    "head": _head,
    "message": _message,
}


def change(document: Document, op: str, data: Mapping[str, Any], shop: Shop) -> Edited:
    """The document after a change. Raises Refused for one that cannot be made."""
    made = CHANGES.get(op)
    if made is None:
        raise Refused(_("There is no such change."))
    return made(document, data, shop)


def said(op: str, edited: Edited) -> str:
    """What a screen reader is told after a change of the flow."""
    order = {one.key: number for number, one in enumerate(nodes(flow_edit.tree_of(edited.document)), start=1)}
    number = order.get(edited.step)
    kind = next((one["kind"] for one in edited.document.get("steps", []) if one["key"] == edited.step), "")
    title = str(step_kinds()[kind].title) if kind in step_kinds() else ""
    values = {"title": title, "number": number, "all": len(order)}
    if op == "add":
        return _("Added: %(title)s, step %(number)s of %(all)s.") % values
    if op in ("move", "up", "down") and number:
        return _("Moved: %(title)s is step %(number)s of %(all)s now.") % values
    if op == "copy":
        return _("Duplicated: %(title)s, step %(number)s of %(all)s.") % values
    if op == "remove":
        return _("Removed. %(all)s steps are left.") % values
    return _("Saved.")
