"""The messages that a document carries: on a channel, in each language, what the channel has parts for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from regulars.reach.messaging.channel_kinds import CHANNEL_KINDS, ChannelKind, in_order

from .fields import KEY, LOCALES, LONGEST_KEY, Field, shown
from .playbook import MAIL, Message
from .problems import Problem, field_problems
from .words import Words

MOST_MESSAGES = 40
LONGEST_SOURCE = 200_000
LONGEST_TEXT = 20_000
MESSAGE_PARTS = ("subject", "preheader", "source", "text")
"""What a message may say in a language, in the order of the text form."""

_SUBJECT = Field("subject", "text", Words(en="Subject", de="Betreff"), required=True, minimum=1, maximum=200)
_OPTIONAL_SUBJECT = Field("subject", "text", Words(en="Subject", de="Betreff"), default="", maximum=200)
_MAIL: tuple[Field, ...] = (
    _SUBJECT,
    Field("preheader", "text", Words(en="Preheader", de="Vorschautext"), default="", maximum=200),
    Field("source", "text", Words(en="Body (MJML)", de="Inhalt (MJML)"), required=True, maximum=LONGEST_SOURCE),
)
_TEXT = Field("text", "text", Words(en="Text", de="Text"), required=True, minimum=1, maximum=LONGEST_TEXT)


def fields_of(kind: ChannelKind) -> tuple[Field, ...]:
    """The parts that a message on this channel has in each language."""
    if kind.is_mail:
        return _MAIL
    if not kind.has_subject:
        return (_TEXT,)
    return (_SUBJECT if kind.needs_subject else _OPTIONAL_SUBJECT, _TEXT)


def read_messages(one: Mapping[str, Any]) -> list[Message]:
    """A message of a document in each language."""
    channel = one.get("channel", MAIL)
    return [
        Message(
            locale, text.get("subject", ""), text.get("preheader", ""), text.get("source", ""), text.get("text", ""), channel
        )
        for locale, text in sorted(one["texts"].items())
    ]  # fmt: skip


def written_messages(messages: Sequence[Message]) -> dict[str, Any]:
    """The channel, where it is no mail, and the texts, as a document holds them."""
    channel = messages[0].channel
    if channel == MAIL:
        texts = {
            one.locale: {"subject": one.subject, "preheader": one.preheader, "source": one.source} for one in messages
        }
        return {"texts": texts}
    said = {one.locale: {"subject": one.subject, "text": one.text} for one in messages}
    has_subject = channel in CHANNEL_KINDS and CHANNEL_KINDS[channel].has_subject
    for text in said.values():
        if not (has_subject and text["subject"]):
            text.pop("subject")
    return {"channel": channel, "texts": said}


def message_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """All that is wrong with the messages of a document."""
    messages = document.get("messages", {})
    if not isinstance(messages, Mapping) or len(messages) > MOST_MESSAGES:
        yield Problem("messages", _("a table with at most %(most)s messages is needed") % {"most": MOST_MESSAGES})
        return
    for name, one in messages.items():
        place = _("message “%(name)s”") % {"name": shown(name)}
        if not isinstance(name, str) or not KEY.match(name) or len(name) > LONGEST_KEY:
            yield Problem(place, _("the key must be of small letters, digits, - and _, at most 40"))
        texts = one.get("texts") if isinstance(one, Mapping) else None
        if not isinstance(texts, Mapping) or not texts or set(one) - {"name", "channel", "texts"}:
            yield Problem(place, _("a message has a name, a channel, and what it says in each language"))
            continue
        if "name" in one:
            naming = Field("name", "words", Words(en="Name"), maximum=120, minimum=1)
            yield from (Problem(place, words, name="name") for words in naming.problems(one["name"]))
        channel = one.get("channel", MAIL)
        kind = CHANNEL_KINDS.get(channel) if isinstance(channel, str) else None
        if kind is None:
            there = ", ".join(other.key for other in in_order())
            words = _("there is no channel called “%(channel)s”; there are: %(channels)s")
            yield Problem(place, words % {"channel": shown(channel), "channels": there}, name="channel")
            continue
        yield from _text_problems(texts, fields_of(kind), place)


def _text_problems(texts: Mapping[Any, Any], fields: tuple[Field, ...], place: str) -> Iterator[Problem]:
    for locale, text in texts.items():
        if locale not in LOCALES or not isinstance(text, Mapping):
            yield Problem(f"{place}, {shown(locale)}", _("languages are: %(n)s") % {"n": ", ".join(LOCALES)})
            continue
        for problem in field_problems(fields, text, ""):
            yield Problem(f"{place}, {locale}", problem.words, name=problem.place)
