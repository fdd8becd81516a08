"""The voucher's code as a picture that a till can read."""

from django.utils.translation import gettext_lazy as _

from .fields import Choice, Flag
from .kind import BlockKind, Composing, Values

WIDTHS = {"qr": 180, "code128": 320}


class Barcode(BlockKind):
    key = "barcode"
    title = _("Barcode of the voucher")
    about = _("The voucher's code for the till, as a QR code or as a bar code. Not shown where there is none.")
    icon = "qr-code"
    group = "shop"
    order = 76
    fields = (
        Choice(
            "symbology", _("Kind"), default="qr", choices=(("qr", _("QR code")), ("code128", _("bar code (Code 128)")))
        ),
        Flag("text", _("Show the code as text below"), default=True),
    )

    def elements(self, values: Values, composing: Composing) -> str:
        kind = values["symbology"]
        text = (
            '<mj-text align="center" mj-class="small" padding="4px 32px 12px">{{ voucher.code }}</mj-text>'
            if values["text"]
            else ""
        )
        return (
            f'{{% if voucher.code %}}<mj-image css-class="rg-plate" src="{{{{ voucher.code | {kind} }}}}" '
            f'alt="{{{{ voucher.code }}}}" width="{WIDTHS[kind]}px" padding="12px 32px 4px" />{text}{{% endif %}}'
        )
