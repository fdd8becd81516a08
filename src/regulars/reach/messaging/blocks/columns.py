"""Two or three columns side by side, one below the other on a phone."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .fields import Choice, Flag
from .kind import BlockKind, Composing, Lines

WIDTHS = {"halves": ("50%", "50%"), "thirds": ("33.33%", "33.33%", "33.33%"), "left": ("33.33%", "66.67%")}


class Columns(BlockKind):
    key = "columns"
    title = _("Columns")
    icon = "columns-3"
    group = "layout"
    order = 66
    places = frozenset({"body"})
    fields = (
        Choice(
            "widths",
            _("Widths"),
            default="halves",
            choices=(("halves", _("two, equal")), ("left", _("two, the right one wider")), ("thirds", _("three"))),
        ),
        Flag("beside", _("Side by side on phones too")),
    )
    slots = (_("First column"), _("Second column"), _("Third column"))

    def lines(self, block: Mapping[str, Any], composing: Composing, place: str) -> Lines:
        own, values = block["id"], block["values"]
        begin, end = ("<mj-group>", "</mj-group>") if values["beside"] else ("", "")
        lines: Lines = [(f"<mj-section>{begin}", own)]
        for slot, width in zip(block["slots"], WIDTHS[values["widths"]], strict=False):
            lines.append((f'<mj-column width="{width}">', own))
            lines += composing.inside(slot, "column")
            lines.append(("</mj-column>", own))
        return [*lines, (f"{end}</mj-section>", own)]
