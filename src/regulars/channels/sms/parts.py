"""How many parts a short message takes: GSM 03.38 (3GPP TS 23.038) where all its signs are in that alphabet, else UCS-2.

One message holds 160 septets or 70 code units; each of several holds 153 or 67, since they carry a header
(3GPP TS 23.040, 9.2.3.24.1). Signs of the extension table take two septets, and are never cut.
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Parts:
    """count: parts. units: septets or code units used of `room`, what the parts hold together. foreign: the signs that are
    not in the GSM alphabet and so make each part shorter, in their order.
    """

    count: int
    units: int
    room: int
    foreign: str

    @property
    def is_gsm(self) -> bool:
        return not self.foreign


def parts_of(text: str) -> Parts:
    """The parts of a text as it goes out."""
    foreign = "".join(dict.fromkeys(sign for sign in text if sign not in _BASIC and sign not in _EXTENDED))
    if foreign:
        widths, single, each = [2 if ord(sign) > 0xFFFF else 1 for sign in text], 70, 67
    else:
        widths, single, each = [2 if sign in _EXTENDED else 1 for sign in text], 160, 153
    units = sum(widths)
    if units <= single:
        return Parts(1, units, single, foreign)
    count, used = 1, 0
    for width in widths:
        if used + width > each:
            count, used = count + 1, 0
        used += width
    return Parts(count, units, count * each, foreign)
