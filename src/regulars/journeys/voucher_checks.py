"""Mails that speak of a voucher which their reader may not have: nobody issued it on the way to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.variables import VARIABLES
from regulars.reach.messaging.expressions import Context, show
from regulars.reach.messaging.finding import ERROR, Finding
from regulars.reach.messaging.language import For, If, Link, Nodes, Value, as_entries
from regulars.reach.messaging.rendering import Content

from .kinds import step_kinds

GROUP = "voucher."


def voucher_findings(
    steps: Sequence[Mapping[str, Any]], key: str, contents: Mapping[str, Content | None], values: Context
) -> list[Finding]:
    """An error for each language of the mail of step `key` that says `voucher.…` where there may be none.

    contents: locale → content. values: those of any customer. What is shown only where there is a voucher is no error.
    """
    here = next(one for one in steps if one["key"] == key)
    issuing = here.get("params", {}).get("voucher")
    if issuing is not None and not _avoids(steps, key, issuing):
        return []
    without = {**values, **{f"{GROUP}{field}": "" for field in VARIABLES["voucher"].fields}}
    findings = []
    for locale, content in contents.items():
        if content is None:
            continue
        names = sorted(_said(content.subject, without) | _said(content.html, without) | _said(content.text, without))
        if not names:
            continue
        words = (
            _("The mail says “%(name)s”, but it carries no voucher: readers would see nothing there.")
            if issuing is None
            else _(
                "The mail says “%(name)s”, but on some way to it no voucher is issued: readers would see nothing there."
            )
        )
        remedy = _(
            "Put “Issue a voucher” before it on every way and choose it under “Carries the voucher of”, or use the block"
            " “Voucher”, which is shown only where there is one."
        )
        findings.append(Finding(ERROR, "voucher_missing", locale, "", words % {"name": names[0]}, remedy))
    return findings


def _avoids(steps: Sequence[Mapping[str, Any]], goal: str, avoided: str) -> bool:
    """Whether some way from the first step to `goal` leaves the step `avoided` out."""
    places = {one["key"]: place for place, one in enumerate(steps)}
    open_places, seen = [0], {0}
    while open_places:
        place = open_places.pop()
        one = steps[place]
        if one["key"] == goal:
            return True
        if one["key"] == avoided:
            continue
        kind, params = step_kinds()[one["kind"]], one.get("params", {})
        onward = [places[target] for target in kind.targets(params)]
        if kind.goes_on(params) and place + 1 < len(steps):
            onward.append(place + 1)
        open_places += [other for other in onward if other not in seen]
        seen.update(onward)
    return False


def _said(nodes: Nodes, values: Context) -> set[str]:
    """The variables of vouchers that this reader would see as nothing, along the branches that are shown to them."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Value):
            names = {name for name in node.expression.names if name.startswith(GROUP)}
            if names and not show(node.expression.evaluate(values)):
                found |= names
        elif isinstance(node, If):
            for condition, body in node.branches:
                if condition is None or condition.evaluate(values):
                    found |= _said(body, values)
                    break
        elif isinstance(node, For):
            for entry in as_entries(node.entries.evaluate(values))[:3]:
                found |= _said(node.body, {**values, node.name: entry})
        elif isinstance(node, Link):
            found |= _said(node.plain, values)
    return found
