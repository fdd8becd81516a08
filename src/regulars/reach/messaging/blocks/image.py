"""An image of the shop's library."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .fields import Address, Choice, FieldProblem, Line, Picture
from .kind import BlockKind, Composing, Values, align, attribute

WIDTHS = {"full": 600, "text": 536, "half": 268, "small": 134}


class Image(BlockKind):
    key = "image"
    title = _("Image")
    icon = "image"
    order = 40
    fields = (
        Picture("picture", _("Image"), is_required=True),
        Line(
            "alt",
            _("What the image shows"),
            limit=200,
            help=_("Read out to people who do not see it, and shown where images are switched off."),
        ),
        Address("address", _("Leads to")),
        Choice(
            "width",
            _("Width"),
            default="text",
            choices=(
                ("full", _("edge to edge")),
                ("text", _("as the text")),
                ("half", _("half")),
                ("small", _("small")),
            ),
        ),
        align("center"),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        return picture(values, composing)

    def check(self, block: Mapping[str, Any], composing: Composing) -> None:
        file = block["values"]["picture"]
        if file and file not in composing.pictures:
            raise FieldProblem(_now("The image is not in the library any more. Choose another one."))


def picture(values: Values, composing: Composing) -> str:
    """The mj-image of `values`; nothing for an image that is not there."""
    found = composing.pictures.get(values["picture"])
    if found is None:
        return ""
    width = min(WIDTHS[values["width"]], found.width)
    alt = values["alt"] or found.alt
    href = f' href="{attribute(values["address"])}"' if values["address"] else ""
    padding = ' padding="0"' if values["width"] == "full" else ""
    return (
        f'<mj-image src="media:{found.file}" alt="{attribute(alt)}" width="{width}px" align="{values["align"]}"'
        f"{padding}{href} />"
    )
