"""What the channel `letter` is like."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Channel
from regulars.reach.messaging.channel_kinds import ChannelKind, register_kind
from regulars.reach.messaging.finding import ERROR, Finding

from .postal import one_line, reached
from .sheet import unprintable

if TYPE_CHECKING:
    from regulars.reach.messaging.rendering import Content, Preview


class Letters(ChannelKind):
    """A letter on paper. Legitimate interest, unless the customer objected; only to a complete postal address."""

    key = Channel.LETTER.value
    title = gettext_lazy("Letter")
    about = gettext_lazy("A letter on paper for window envelopes: printed in batches by your staff.")
    text_title = gettext_lazy("Text of the letter, with an empty line between paragraphs")
    subject_title = gettext_lazy("Line of the subject")
    icon = "file-text"
    has_subject = True
    is_by_hand = True
    longest = 5000
    lease = timedelta(days=14)

    def addresses(self, shop: Shop, customer_ids: Sequence[int]) -> dict[int, str]:
        """Who has a complete postal address from which no post came back. Two queries."""
        return {pk: one_line(lines) for pk, lines in reached(shop, customer_ids).items()}

    def checks(self, shop: Shop, locale: str, content: "Content", shown: "Preview", purpose: str) -> Iterable[Finding]:
        """Signs that the typeface lacks would be missing on paper."""
        for part, text in (("subject", shown.subject), ("text", shown.text)):
            if signs := unprintable(text):
                yield Finding(
                    ERROR, "unprintable", locale, part,
                    _("These signs cannot be printed: %(signs)s") % {"signs": " ".join(signs[:10])},
                    _("Letters are set in Inter, which has the letters of all European languages in Latin script, and no emoji."),
                )  # fmt: skip


LETTERS = register_kind(Letters())
