"""What the channel `on_page` is like. It has no sender: the customer's browser asks for its message (`actions.py`)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Channel
from regulars.reach.messaging.channel_kinds import ChannelKind, register_kind
from regulars.reach.messaging.closing_link import link_findings
from regulars.reach.messaging.finding import Finding

if TYPE_CHECKING:
    from regulars.reach.messaging.rendering import Content, Preview


class OnPage(ChannelKind):
    """A box on the shop's page: a title, a few words, one link. It is there when the customer comes by themselves."""

    key = Channel.ON_PAGE.value
    title = _("Message on the shop’s page")
    about = _("A small box for customers who are signed in to the shop. It counts once it was seen.")
    text_title = _("Text, with the link on its last line")
    subject_title = _("Title")
    icon = "panel-bottom"
    has_subject = True
    is_fetched = True
    is_in_view = True
    tracks_links = True
    longest = 400
    lease = timedelta(minutes=2)

    def checks(self, shop: Shop, locale: str, content: "Content", shown: "Preview", purpose: str) -> Iterable[Finding]:
        return link_findings(locale, shown.text)


ON_PAGE = register_kind(OnPage())
