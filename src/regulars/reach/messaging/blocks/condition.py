"""Blocks that are shown to some customers only."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from regulars.core.variables import VARIABLES

from .fields import Condition, FieldProblem
from .kind import BlockKind, Composing, Lines

OPERATORS: dict[str, Any] = {
    "known": _("is filled"),
    "unknown": _("is empty"),
    "is": _("is"),
    "is_not": _("is not"),
    "at_least": _("is at least"),
    "at_most": _("is at most"),
}
_SIGNS = {"is": "==", "is_not": "!=", "at_least": ">=", "at_most": "<="}


class Shown(BlockKind):
    """When its condition holds, the first slot is shown, else the second."""

    key = "condition"
    title = _("Only for some")
    about = _("Blocks that are shown where something is true of the customer, and others where it is not.")
    icon = "git-branch"
    group = "layout"
    order = 68
    fields = (Condition("when", _("Shown where"), is_required=True),)
    slots = (_("Where it is true"), _("Otherwise"))

    def lines(self, block: Mapping[str, Any], composing: Composing, place: str) -> Lines:
        own = block["id"]
        first, second = (composing.inside(slot, place) for slot in block["slots"])
        if not first and not second:
            return []
        lines: Lines = [(f"{{% if {expression(block['values']['when'])} %}}", own), *first]
        if second:
            lines += [("{% else %}", own), *second]
        return [*lines, ("{% endif %}", own)]

    def check(self, block: Mapping[str, Any], composing: Composing) -> None:
        expression(block["values"]["when"])


def expression(when: Mapping[str, str]) -> str:
    """The condition in the language of placeholders. Raises FieldProblem for one that says nothing."""
    name, sign, value = when.get("name", ""), when.get("is", ""), when.get("value", "").strip()
    group, _dot, field = name.partition(".")
    if group not in VARIABLES or field not in VARIABLES[group].fields:
        raise FieldProblem(_now("Choose what must be true of the customer."))
    if sign == "known":
        return name
    if sign == "unknown":
        return f"not {name}"
    if sign not in _SIGNS:
        raise FieldProblem(_now("Choose what must be true of the customer."))
    if value == "":
        raise FieldProblem(_now("The condition compares with nothing."))
    if sign in ("at_least", "at_most"):
        number = value.replace(",", ".")
        try:
            float(number)
        except ValueError:
            raise FieldProblem(_now("“%(value)s” is not a number.") % {"value": value}) from None
        return f"{name} {_SIGNS[sign]} {number}"
    if value.lower() in ("true", "false"):
        return name if (value.lower() == "true") == (sign == "is") else f"not {name}"
    if value.lstrip("-").isdecimal() and len(value) < 12:
        # A number may be kept as a text (a customer number): both are asked.
        joined = "or" if sign == "is" else "and"
        return f'({name} {_SIGNS[sign]} {value} {joined} {name} {_SIGNS[sign]} "{value}")'
    return f'{name} {_SIGNS[sign]} "{value.replace(chr(34), "")}"'
