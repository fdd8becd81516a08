"""The voucher that the message carries."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from regulars.reach.messaging import layout

from .fields import Line
from .kind import BlockKind, Composing, Values, words


class Voucher(BlockKind):
    key = "voucher"
    title = _("Voucher")
    about = _("Code, value and last day of the voucher that the measure gives. Not shown where there is none.")
    icon = "ticket-percent"
    group = "shop"
    order = 74
    places = frozenset({"body"})
    fields = (
        Line("heading", _("Heading"), limit=80, help=_("Empty: “Your voucher”.")),
        Line("until", _("Before the last day"), limit=60, help=_("Empty: “Valid until”.")),
    )

    def section(self, values: Values, composing: Composing) -> str:
        with override(composing.locale):
            yours, until = _now("Your voucher"), _now("Valid until")
        return layout.voucher(
            composing.look, words(values["heading"]) or str(yours), words(values["until"]) or str(until)
        ).replace("\n", "")
