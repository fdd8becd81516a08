"""What a channel is like: what it says, to which address, by machine or by hand. Each channel declares its own.

A folder under `channels/` declares its `ChannelKind` in `channel.py` by `register_kind(...)`; e-mail, which several ways
share, is declared here. Editor, checks, queueing, journeys and the pages of staff read what a channel is like from its
kind; none of them names one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import primary_addresses
from regulars.decide.contact_policy.addresses import ADDRESS_KINDS
from regulars.decide.contact_policy.grounds import GROUNDS
from regulars.decide.contact_policy.models import Channel as Key
from regulars.decide.contact_policy.models import Purpose
from regulars.decide.contact_policy.quiet import is_prompt

from .finding import Finding

if TYPE_CHECKING:
    from .rendering import Content, Preview


@dataclass(frozen=True, slots=True)
class Length:
    """How long a rendered text is. used, most: in the channel's own measure (characters, parts); words: both in words.

    `is_long`: it goes out, but costs or reads worse than it need. More than `most` is not sent.
    """

    used: int
    most: int
    words: str
    is_long: bool = False

    @property
    def is_too_long(self) -> bool:
        return self.used > self.most


class ChannelKind:
    """What a channel is like. Subclass it, say what differs, and register one instance.

    key: as the gate knows it (`contact_policy.models.Channel`), which also says its legal grounds, whose address it needs and
    whether it rings. is_mail: written as blocks of MJML; all others say plain text. has_subject: it has a line above the
    text; needs_subject: which must not be empty. is_by_hand: a person does it (a call, a letter, a note), claimed by
    `take_by_hand`, told by `settle_by_hand`. is_fetched: the customer's own browser asks for it, and it is taken and settled
    by the same verbs. is_in_view: it stands before the customer's eyes at once, so that a click within seconds is a person's.
    tracks_links: web addresses in its text are led through tracked links where the customer consented. longest: characters
    of a rendered text at most. lease: how long a person may have one in hand.
    """

    key: ClassVar[str]
    title: ClassVar[Any]
    text_title: ClassVar[Any] = gettext_lazy("Text")
    subject_title: ClassVar[Any] = gettext_lazy("Subject")
    about: ClassVar[Any] = ""
    icon: ClassVar[str] = "message-square"
    is_mail: ClassVar[bool] = False
    has_subject: ClassVar[bool] = False
    needs_subject: ClassVar[bool] = True
    is_by_hand: ClassVar[bool] = False
    is_fetched: ClassVar[bool] = False
    is_in_view: ClassVar[bool] = False
    tracks_links: ClassVar[bool] = False
    longest: ClassVar[int] = 5000
    lease: ClassVar[timedelta] = timedelta(minutes=30)

    @property
    def is_taken(self) -> bool:
        """Whether no machine sends it: it waits until somebody takes it."""
        return self.is_by_hand or self.is_fetched

    @property
    def rings(self) -> bool:
        """Whether its advertising waits for a welcome hour."""
        return not is_prompt(self.key, Purpose.MARKETING)

    @property
    def grounds(self) -> list[str]:
        """Names of the legal grounds that may permit its advertising, in the order in which they are asked."""
        mine = (one for one in GROUNDS.values() if self.key in one.channels and Purpose.MARKETING in one.purposes)
        return [one.key for one in sorted(mine, key=lambda one: (one.order, one.key))]

    def addresses(self, shop: Shop, customer_ids: Sequence[int]) -> dict[int, str]:
        """Where each customer is reached; who is left out has no address and gets nothing. A constant number of queries.

        By default the identity of the kind that the gate names; a channel for which it names none meets the customer
        anyway, with an empty address.
        """
        kind = ADDRESS_KINDS.get(self.key)
        if kind is None:
            return dict.fromkeys(customer_ids, "")
        return {pk: address for pk, address in primary_addresses(shop, customer_ids, kind).items() if address}

    def length(self, text: str) -> Length | None:
        """How long a rendered text is; None where only `longest` counts and nothing is to be shown."""
        words = _("%(used)s of %(most)s characters") % {"used": len(text), "most": self.longest}
        return Length(len(text), self.longest, words)

    def checks(self, shop: Shop, locale: str, content: "Content", shown: "Preview", purpose: str) -> Iterable[Finding]:
        """What else must hold before it is sent. shown: as one of the customers would get it, the longest that was tried."""
        return ()


class Email(ChannelKind):
    """Mail of blocks, over the installation's server or the shop's provider."""

    key = Key.EMAIL.value
    title = gettext_lazy("E-mail")
    about = gettext_lazy("A mail of blocks in the look of the shop.")
    icon = "mail"
    is_mail = True
    has_subject = True
    tracks_links = True
    longest = 1_000_000

    def length(self, text: str) -> Length | None:
        return None


CHANNEL_KINDS: dict[str, ChannelKind] = {}


def register_kind(kind: ChannelKind) -> ChannelKind:
    """Makes known what a channel is like. Raises ValueError for a key that the gate does not know."""
    if kind.key not in Key.values:
        raise ValueError(f"the gate knows no channel {kind.key!r}")
    CHANNEL_KINDS[kind.key] = kind
    return kind


def kind_of(key: str) -> ChannelKind:
    """What the channel is like. Raises Refused for one that is not installed."""
    try:
        return CHANNEL_KINDS[key]
    except KeyError:
        raise Refused(_("There is no channel “%(channel)s” here.") % {"channel": key[:20]}, code="channel") from None


def in_order() -> Iterator[ChannelKind]:
    """All channels, e-mail first, then in the gate's order."""
    return (CHANNEL_KINDS[key] for key in Key.values if key in CHANNEL_KINDS)


def by_hand() -> list[str]:
    """Keys of the channels that no machine sends: people do them by hand, or the customer's browser fetches them."""
    return [kind.key for kind in in_order() if kind.is_taken]


def in_view() -> list[str]:
    """Keys of the channels that stand before the customer's eyes at once."""
    return [kind.key for kind in in_order() if kind.is_in_view]


EMAIL = register_kind(Email())
