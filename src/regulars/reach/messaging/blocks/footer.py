"""The words above the address and the way out, at the foot of the mail."""

from django.utils.translation import gettext_lazy as _

from . import markup
from .fields import Words
from .kind import BlockKind, Composing, Values


class Footer(BlockKind):
    """The shop's address and the link to unsubscribe stand there whatever this block says."""

    key = "footer"
    title = _("Footer")
    about = _("Why somebody gets this mail. Your address and the link to unsubscribe always follow.")
    icon = "panel-bottom"
    group = "layout"
    order = 95
    places = frozenset({"body"})
    is_once = True
    fields = (
        Words(
            "reason",
            _("Why you get this mail"),
            is_required=True,
            limit=600,
            help=_("The law asks for it: people must see why you write to them."),
        ),
    )

    def section(self, values: Values, composing: Composing) -> str:
        inner = markup.html(values["reason"]).replace("</p>", "").replace('<p style="margin:0;">', "")
        inner = inner.replace('<p style="margin:14px 0 0;">', "<br />")
        return f"<mj-foot>{inner}</mj-foot>"
