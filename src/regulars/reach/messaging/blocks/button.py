"""A button that leads somewhere."""

from django.utils.translation import gettext_lazy as _

from .fields import Address, Flag, Line
from .kind import BlockKind, Composing, Values, align, attribute, words


class Button(BlockKind):
    key = "button"
    title = _("Button")
    icon = "mouse-pointer-click"
    order = 30
    fields = (
        Line("label", _("Label"), is_required=True, limit=60),
        Address("address", _("Leads to"), default="{{ shop.url }}", is_required=True),
        align(),
        Flag("wide", _("As wide as the text")),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        width = ' width="100%"' if values["wide"] else ""
        return (
            f'<mj-button href="{attribute(values["address"])}" align="{values["align"]}"{width}>'
            f"{words(values['label'])}</mj-button>"
        )
