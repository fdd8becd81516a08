"""The channel `email`: batches become MIME, go out over the client, and come back as outcomes."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.conf import settings

from regulars.reach.messaging import return_path
from regulars.reach.messaging.channel import Batch, Outcome, State, register
from regulars.reach.messaging.incoming import is_dead
from regulars.reach.messaging.rendering import RenderRefused

from .client import Client, Envelope, Handed
from .connection import Server
from .mime import AddressRefused, Skeleton, checked_address, date_header

KEPT_SKELETONS = 64


class EmailChannel:
    """Sends over the server that REGULARS_SMTP_URL names. Lines and skeletons are kept between calls."""

    key = "email"

    def __init__(self) -> None:
        self.client: Client | None = None
        self.url = ""

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        """One Outcome for each message. An address that is none, or a message that cannot be rendered, is refused
        unsent.
        """
        refused: list[Outcome] = []
        notes: dict[int, str] = {}
        for handed in self._client().deliver(_envelopes(batches, refused, notes)):
            yield _outcome(handed, notes.pop(handed.key, ""))
        yield from refused

    def _client(self) -> Client:
        from .sink import resolve

        url = resolve(settings.REGULARS_SMTP_URL)
        if self.client is None or self.url != url:
            if self.client is not None:
                self.client.close()
            self.client, self.url = Client(Server.from_url(url)), url
        return self.client

    def close(self) -> None:
        """Closes the lines."""
        if self.client is not None:
            self.client.close()
            self.client = None


def _envelopes(batches: Iterable[Batch], refused: list[Outcome], notes: dict[int, str]) -> Iterator[Envelope]:
    for batch in batches:
        skeleton = _skeleton(batch)
        date = date_header(batch.date)
        way_back = return_path.maker(checked_address(batch.sender.return_path)[0]) if batch.sender.return_path else None
        for message in batch.messages:
            try:
                address, utf8 = checked_address(message.address)
                data, note = skeleton.build(message, address, date)
            except AddressRefused:
                refused.append(
                    Outcome(message.key, State.REFUSED, 0, "this is no e-mail address", is_address_dead=True)
                )
                continue
            except RenderRefused as reason:
                refused.append(Outcome(message.key, State.REFUSED, 0, str(reason)))
                continue
            if note:
                notes[message.key] = note
            sender = way_back(message.key) if way_back else skeleton.envelope_sender
            yield Envelope(message.key, sender, address, data, utf8)


def _skeleton(batch: Batch) -> Skeleton:
    return _kept(_Key(batch))


class _Key:
    """A batch as a key: equal where the skeleton would be."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.parts = (batch.content_key, batch.sender, batch.purpose, batch.feedback_id, batch.own_origin, batch.link)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


@lru_cache(maxsize=KEPT_SKELETONS)
def _kept(key: _Key) -> Skeleton:
    return Skeleton(key.batch)


def _outcome(handed: Handed, note: str) -> Outcome:
    reply = handed.reply
    if handed.taken:
        return Outcome(
            handed.key, State.ACCEPTED, reply.code if reply else 250, reply.text[:200] if reply else "", note=note
        )
    if reply is None:
        return Outcome(handed.key, State.UNCERTAIN, 0, "the line dropped after the message was begun", note=note)
    if reply.code < 500:
        return Outcome(handed.key, State.DEFERRED, reply.code, reply.text[:200], note=note)
    return Outcome(handed.key, State.REFUSED, reply.code, reply.text[:200], is_address_dead(handed), note)


def is_address_dead(handed: Handed) -> bool:
    """Whether a refusal of the recipient says that the mailbox does not exist, not that we are unwelcome."""
    reply = handed.reply
    return reply is not None and handed.at == "rcpt" and is_dead(reply.text, code=reply.code)


EMAIL = register(EmailChannel())
