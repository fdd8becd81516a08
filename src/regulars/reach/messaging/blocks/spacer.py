"""Empty space."""

from django.utils.translation import gettext_lazy as _

from .fields import Number
from .kind import BlockKind, Composing, Values


class Spacer(BlockKind):
    key = "spacer"
    title = _("Space")
    icon = "move-vertical"
    group = "layout"
    order = 62
    fields = (Number("height", _("Height in pixels"), default=24, minimum=8, maximum=120),)

    def elements(self, values: Values, composing: Composing) -> str:
        return f'<mj-spacer height="{values["height"]}px" />'
