"""A heading."""

from django.utils.translation import gettext_lazy as _

from .fields import Choice, Line
from .kind import BlockKind, Composing, Values, align, words

CLASSES = {"large": "headline", "medium": "title"}


class Heading(BlockKind):
    key = "heading"
    title = _("Heading")
    icon = "heading"
    order = 10
    fields = (
        Line("text", _("Heading"), is_required=True, limit=150),
        Choice("size", _("Size"), default="large", choices=(("large", _("large")), ("medium", _("medium")))),
        align(),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        return (
            f'<mj-text mj-class="{CLASSES[values["size"]]}" align="{values["align"]}">{words(values["text"])}</mj-text>'
        )
