"""The channel `sms`: what it is like, and how its messages go out over the shop's accounts."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.reach.messaging.channel import Batch, Outcome, Outgoing, State, register_way
from regulars.reach.messaging.channel_kinds import ChannelKind, Length, register_kind
from regulars.reach.messaging.finding import ERROR, Finding
from regulars.reach.messaging.rendering import RenderRefused, preview

from . import actions
from .models import SmsAccount
from .parts import parts_of
from .wire import Answer, Line, post

if TYPE_CHECKING:
    from regulars.reach.messaging.rendering import Content, Preview

MOST_PARTS = 6
LINES = 4
"""Messages on their way at the same time."""
TIME = 360.0
"""Seconds after which nothing more of a batch is begun, so that all is told before the sender's lease of ten minutes ends."""
_NOT_MOBILE = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST,
    }
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class _Written:
    key: int
    number: str
    text: str
    message_id: str


class SmsChannel:
    """Sends the messages of one shop over its accounts, each account at its pace. Made anew for each batch of the sender.

    What the first account certainly did not take goes to the next one; what it perhaps took goes to none.
    """

    key = Channel.SMS.value

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        """One Outcome for each message."""
        ready: list[_Written] = []
        now: datetime | None = None
        for batch in batches:
            now = batch.date
            for message in batch.messages:
                made = _written(batch, message, self.shop.country)
                if isinstance(made, Outcome):
                    yield made
                else:
                    ready.append(made)
        if now is None:
            return
        left = {one.key: Outcome(one.key, State.DEFERRED, 0, "no SMS provider is set up") for one in ready}
        ends = monotonic() + TIME
        for account, line in actions.lines_of(self.shop) if ready else ():
            taken: list[tuple[SmsAccount, str, int]] = []
            trouble = ""
            for one, answer in _over(account, line, [one for one in ready if one.key in left], now, ends):
                if answer.is_about_the_account:
                    trouble = f"{answer.code} {answer.text}" if answer.code else answer.text
                if answer.reference:
                    taken.append((account, answer.reference, one.key))
                outcome = Outcome(
                    one.key, answer.state, answer.code, answer.text, answer.is_dead, again_at=answer.again_at,
                    data={"over": account.provider},
                )  # fmt: skip
                if answer.state is State.DEFERRED:
                    left[one.key] = outcome
                else:
                    del left[one.key]
                    yield outcome
            actions.note_handovers(self.shop, taken, now)
            actions.note_trouble(account, trouble, now)
            if not left:
                return
        yield from left.values()


def _written(batch: Batch, message: Outgoing, country: str) -> "_Written | Outcome":
    number = actions.e164(message.address, country)
    if not number or not phonenumbers.is_valid_number(read := phonenumbers.parse(number)):
        return Outcome(message.key, State.REFUSED, 0, "this is no phone number", is_address_dead=True)
    if phonenumbers.number_type(read) in _NOT_MOBILE:
        return Outcome(message.key, State.REFUSED, 0, "this is not the number of a mobile phone")
    try:
        text = preview(batch.content, message.values, batch.own_origin, batch.link).text.strip()
    except RenderRefused as reason:
        return Outcome(message.key, State.REFUSED, 0, str(reason))
    if SMS.length(text).is_too_long:
        return Outcome(message.key, State.REFUSED, 0, "the text is too long for an SMS")
    return _Written(message.key, number, text, message.message_id)


def _over(
    account: SmsAccount, line: Line, messages: list[_Written], now: datetime, ends: float
) -> Iterator[tuple[_Written, Answer]]:
    """Hands the messages over, each in its turn; after trouble with the account itself the others are not tried."""
    start = actions.reserve(account, len(messages), now)
    began = monotonic() + (start - now).total_seconds()
    stopped: list[Answer] = []

    def hand_over(place: int, one: _Written) -> Answer:
        turn = began + place / max(1, account.per_second)
        if stopped:
            return stopped[0]
        if turn > ends:
            at = start + timedelta(seconds=turn - began)
            return Answer(State.DEFERRED, 0, "no time was left in this batch", again_at=at)
        sleep(max(0.0, turn - monotonic()))
        answer = stopped[0] if stopped else post(line, one.number, one.text, one.message_id, now)
        if answer.is_about_the_account and answer.state is State.DEFERRED:
            stopped.append(answer)
        return answer

    with ThreadPoolExecutor(LINES, thread_name_prefix="sms") as pool:
        answers = pool.map(hand_over, range(len(messages)), messages)
        yield from zip(messages, answers, strict=True)


SMS = Sms()
register_kind(SMS)
register_way(SmsChannel.key, "", SmsChannel)
