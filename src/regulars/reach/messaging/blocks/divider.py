"""A thin line."""

from django.utils.translation import gettext_lazy as _

from .kind import BlockKind, Composing, Values


class Divider(BlockKind):
    key = "divider"
    title = _("Line")
    icon = "minus"
    group = "layout"
    order = 60

    def elements(self, values: Values, composing: Composing) -> str:
        return "<mj-divider />"
