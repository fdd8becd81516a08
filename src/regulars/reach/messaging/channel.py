"""The protocol of channels: what a channel is given, and what it answers. A channel is a folder under `channels/`.

What a channel is like is declared by `channel_kinds.register_kind`. One that a machine sends registers itself from its
`channel.py` by `register(...)`; the sender finds it by the key that messages carry. What people do by hand has no sender.
A shop may choose another way for the same channel (a mail provider instead of the installation's server): ways are
registered by `register_way(...)`, and what a message is and what becomes of it stays the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from .expressions import Context
from .rendering import Content

if TYPE_CHECKING:
    from regulars.core.models import Shop

LinkOf = Callable[[int, Context], str | None]
"""(number of the link, the message's values) → its tracked address, or None for the plain one."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the shop's name and address, and where answers go ("" = to the sender).

    return_path: where mails come back, with a token behind a plus ("" = to the sender, without one).
    """

    name: str
    address: str
    reply_to: str = ""
    return_path: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to hand over. `key` comes back in its Outcome; `message_id` is without angle brackets. request: a
    calendar's file that asks for an answer, "" without one; a channel that cannot carry it leaves it out."""

    key: int
    message_id: str
    name: str
    address: str
    values: Context
    request: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one template version. `content_key` names the compiled content, so that a channel keeps what it made
    of it.
    """

    content: Content
    content_key: str
    sender: Sender
    purpose: str
    feedback_id: str
    date: datetime
    own_origin: str
    messages: Sequence[Outgoing]
    link: LinkOf | None = None


class State(StrEnum):
    """accepted: the other side took it. refused: never for this address. deferred: certainly not sent, may be tried
    again. uncertain: perhaps sent; never tried again by itself.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message: code and text as the other side gave them (code 0: it was not asked).

    `is_address_dead`: the refusal says that the address does not exist, so that it must not be written to again.
    `again_at`: when a deferred one may be tried again, where the other side, or a person, said so. `data`: further words to be
    kept with the Delivery.
    """

    key: int
    state: State
    code: int = 0
    text: str = ""
    is_address_dead: bool = False
    note: str = ""
    again_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Channel(Protocol):
    """A way to a customer."""

    key: str

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        """Hands over each message once and yields one Outcome for each, as soon as it is known."""
        ...


CHANNELS: dict[str, Channel] = {}


def register(channel: Channel) -> Channel:
    """Makes a channel known under its key."""
    CHANNELS[channel.key] = channel
    return channel


WAYS: dict[str, dict[str, Callable[["Shop"], Channel]]] = {}


def register_way(channel: str, way: str, opened: Callable[["Shop"], Channel]) -> None:
    """Makes known that messages of `channel` can go out the way `way`. opened: gives the channel for a shop.

    A channel whose only sender is a shop's own account has the way "".
    """
    WAYS.setdefault(channel, {})[way] = opened


def channel_for(key: str, shop: "Shop", way: str = "") -> Channel:
    """The channel of that key, the way that the shop chose ("" = as the installation says). Raises KeyError."""
    return WAYS[key][way](shop) if (way and key in WAYS) or key not in CHANNELS else CHANNELS[key]


def sent_by_machine() -> list[str]:
    """Keys of the channels that have a sender."""
    return sorted({*CHANNELS, *(key for key, ways in WAYS.items() if "" in ways)})
