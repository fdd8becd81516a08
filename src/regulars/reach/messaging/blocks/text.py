"""Paragraphs."""

from django.utils.translation import gettext_lazy as _

from . import markup
from .fields import Choice, Words
from .kind import BlockKind, Composing, Values, align

CLASSES = {"normal": "", "lead": ' mj-class="lead"', "small": ' mj-class="small"'}


class Text(BlockKind):
    key = "text"
    title = _("Text")
    icon = "text-initial"
    order = 20
    fields = (
        Words("text", _("Text"), is_required=True),
        Choice(
            "size",
            _("Size"),
            default="normal",
            choices=(("lead", _("large")), ("normal", _("normal")), ("small", _("small"))),
        ),
        align(),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        shown = markup.html(values["text"])
        return f'<mj-text{CLASSES[values["size"]]} align="{values["align"]}">{shown}</mj-text>'
