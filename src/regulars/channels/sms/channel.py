"""What the channel `sms` is like."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.reach.messaging.channel_kinds import ChannelKind, Length, register_kind
from regulars.reach.messaging.finding import ERROR, Finding

from .parts import parts_of

if TYPE_CHECKING:
    from regulars.reach.messaging.rendering import Content, Preview

MOST_PARTS = 6
_STOP = re.compile(r"\bSTOPP?\b")


class Sms(ChannelKind):
    """A short message: plain text, few signs, with consent, never at night."""

    key = Channel.SMS.value
    title = gettext_lazy("SMS")
    about = gettext_lazy("A short text to a mobile phone.")
    text_title = gettext_lazy("Text")
    icon = "message-square"
    tracks_links = True
    longest = 918

    def length(self, text: str) -> Length:
        """In parts of 160 or, with other signs than those of GSM, 70 units."""
        parts = parts_of(text)
        words = ngettext(
            "%(units)s of %(room)s characters, %(count)s SMS",
            "%(units)s of %(room)s characters, %(count)s SMS",
            parts.count,
        ) % {"units": parts.units, "room": parts.room, "count": parts.count}
        if parts.foreign:
            words += ". " + _("%(signs)s: with such signs an SMS holds 70 characters, not 160") % {
                "signs": " ".join(parts.foreign[:8])
            }
        return Length(parts.count, MOST_PARTS, words, is_long=parts.count > 1)

    def checks(self, shop: Shop, locale: str, content: "Content", shown: "Preview", purpose: str) -> Iterable[Finding]:
        """Advertising says how to leave: by a link, or by the word that is answered."""
        if purpose != Purpose.SERVICE and "/u/trial" not in shown.text and not _STOP.search(shown.text):
            yield Finding(
                ERROR, "no_way_out", locale, "text", _("The SMS does not say how to get no more of them."),
                _("End it with {{ unsubscribe.url }}, or with “STOP” where your provider takes answers."),
            )  # fmt: skip


SMS = register_kind(Sms())
