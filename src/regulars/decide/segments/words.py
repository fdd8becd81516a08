"""A rule in words, in the language that is active: for the builder, the list and the customer's page."""

from datetime import date
from typing import Any

from babel.dates import format_date, get_month_names
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from regulars.core import money
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop

from .fields import FIELDS, MONEY, SHARE, Field, operator
from .rules import Node


def language() -> str:
    """The language that is active: "de" or "en"."""
    return (get_language() or "en").split("-")[0]


def describe(rule: Node, shop: Shop) -> str:
    """One sentence for a rule that `rules.check` found fine, without a full stop."""
    return _node(rule, shop, outermost=True) or _("all customers")


def _node(node: Node, shop: Shop, *, outermost: bool = False) -> str:
    for joint, word in (("all", _("and")), ("any", _("or"))):
        if joint in node:
            parts = [words for child in node[joint] if (words := _node(child, shop))]
            text = f" {word} ".join(parts)
            return text if outermost or len(parts) < 2 else f"({text})"
    if "not" in node:
        return _("not (%(rule)s)") % {"rule": _node(node["not"], shop, outermost=True) or _("all customers")}
    if "field" in node:
        return condition(node, shop)
    return deed(node) if node else ""


def condition(node: Node, shop: Shop) -> str:
    """The words of one condition on a field."""
    field = FIELDS[node["field"]]
    how = operator(field, node["op"])
    if how is None:
        return str(field.title)
    value, to = node.get("value"), ""
    if how.takes == "two" and isinstance(value, list):
        value, to = value[0], shown(field, value[1], shop)
    if how.takes == "days":
        text = str(value)
    elif how.takes == "months" and isinstance(value, list):
        names = get_month_names("wide", locale=language())
        text = ", ".join(names[month] for month in value)
    elif how.takes == "many" and isinstance(value, list):
        text = ", ".join(value)
    elif how.takes == "day":
        text = format_date(date.fromisoformat(str(value)), "medium", locale=language())
    else:
        text = shown(field, value, shop)
    return str(how.words) % {"field": field.title, "value": text, "to": to}


def shown(field: Field, value: Any, shop: Shop) -> str:
    """A value as people write it: money with its currency, shares in per cent, yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field.kind == MONEY:
        return money.formatted(int(value), shop.currency, language())
    if field.kind == SHARE:
        return f"{value * 100:g} %"
    return f"{value:g}" if isinstance(value, float) else str(value)


def deed(node: Node) -> str:
    """The words of one condition on what customers did."""
    negated = "did_not" in node
    times, days = node.get("at_least", 1), node.get("within_days")
    if (node.get("did") or node.get("did_not")) == "event":
        kind = EVENT_TYPES.get(node.get("type", ""))
        what = str(kind.title) if kind else str(node.get("type", ""))
        text = (_("no event “%(what)s”") if negated else _("event “%(what)s”")) % {"what": what}
    elif "product" in node or "category" in node:
        what = str(node.get("product") or node.get("category"))
        text = (_("has not bought “%(what)s”") if negated else _("has bought “%(what)s”")) % {"what": what}
    else:
        text = _("has not ordered") if negated else _("has ordered")
    if times > 1:
        text += " " + ngettext("at least %(times)s time", "at least %(times)s times", times) % {"times": times}
    if days:
        text += " " + ngettext("in the last %(days)s day", "in the last %(days)s days", days) % {"days": days}
    return text
