"""The channel `push`: batches become encrypted messages, go to the push services of the browsers, come back as outcomes."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.sealing import unseal
from regulars.decide.contact_policy.models import Channel as Key
from regulars.decide.contact_policy.models import Purpose
from regulars.reach.messaging.channel import Batch, Outcome, Outgoing, State, register
from regulars.reach.messaging.channel_kinds import ChannelKind, register_kind
from regulars.reach.messaging.closing_link import closing_link, link_findings
from regulars.reach.messaging.finding import Finding
from regulars.reach.messaging.models import Message
from regulars.reach.messaging.rendering import RenderRefused, preview

from . import actions
from .encryption import MOST, authorization, decoded, encoded, encrypt, private_key
from .handover import Answer, hand_over
from .models import PushKey, PushSubscription

if TYPE_CHECKING:
    from regulars.reach.messaging.rendering import Content, Preview

log = structlog.get_logger(__name__)

LINES = 8
"""Messages on their way at the same time."""
TIME = 360.0
"""Seconds after which nothing more of a batch is begun, so that all is told before the sender's lease of ten minutes ends."""
LONGEST_TTL = timedelta(weeks=4)
"""Push services keep nothing longer (RFC 8030, 5.2 lets them shorten it)."""


class Push(ChannelKind):
    """A notification of the customer's browser: a title, a few words, one place to go. With consent, never at night."""

    key = Key.PUSH.value
    title = _("Message in the browser")
    about = _("A notification on the phone or computer of customers who allowed it, also while your shop is closed.")
    text_title = _("Text, with the link on its last line")
    subject_title = _("Title")
    icon = "bell"
    has_subject = True
    is_in_view = True
    tracks_links = True
    longest = 240

    def addresses(self, shop: Shop, customer_ids: Sequence[int]) -> dict[int, str]:
        """Who has a browser that takes messages. It is looked up again when they go out: there may be several."""
        rows = PushSubscription._base_manager.filter(shop=shop, customer_id__among=set(customer_ids))
        return dict.fromkeys(rows.values_list("customer_id", flat=True), "")

    def checks(self, shop: Shop, locale: str, content: "Content", shown: "Preview", purpose: str) -> Iterable[Finding]:
        return link_findings(locale, shown.text)


@dataclass(frozen=True, slots=True)
class _Written:
    """One message for one browser."""

    key: int
    subscription: PushSubscription
    headers: dict[str, str]
    body: bytes


class WebPush:
    """Sends to the browsers of customers. A message reaches a customer when it reaches one of their browsers."""

    key = Key.PUSH.value

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        """One Outcome for each message."""
        until = monotonic() + TIME
        stops: dict[str, Answer] = {}
        lock = Lock()
        for batch in batches:
            ids = {one.key for one in batch.messages}
            rows = {
                row.pk: row for row in Message._base_manager.filter(pk__among=ids).select_related("request", "shop")
            }
            if not rows:
                continue
            shop = next(iter(rows.values())).shop
            try:
                signer = _Signer(shop, batch.date)
            except Refused as refused:
                yield from (Outcome(key, State.DEFERRED, 0, str(refused)[:200]) for key in ids)
                continue
            browsers: dict[int, list[PushSubscription]] = {}
            customers = {row.customer_id for row in rows.values()}
            for one in PushSubscription._base_manager.filter(shop=shop, customer_id__among=customers).order_by("pk"):
                browsers.setdefault(one.customer_id, []).append(one)
            written: list[_Written] = []
            for message in batch.messages:
                row = rows[message.key]
                mine = browsers.get(row.customer_id, [])
                if not mine:
                    text = "no browser of the customer takes messages any more"
                    yield Outcome(message.key, State.REFUSED, 0, text)
                    continue
                try:
                    written += _for_each(mine, row, batch, message, signer)
                except (RenderRefused, ValueError) as reason:
                    yield Outcome(message.key, State.REFUSED, 0, str(reason)[:200])

            def answer(one: _Written, at: datetime = batch.date) -> Answer:
                return _answer(one, at, until, stops, lock)

            with ThreadPoolExecutor(LINES, thread_name_prefix="push") as pool:
                told = list(zip(written, pool.map(answer, written), strict=True))
            actions.bury(shop, {sent.subscription.pk for sent, said in told if said.is_dead}, batch.date)
            by_message: dict[int, list[Answer]] = {}
            for sent, said in told:
                by_message.setdefault(sent.key, []).append(said)
            yield from (_outcome(key, answers) for key, answers in by_message.items())


def _for_each(
    browsers: Sequence[PushSubscription], row: Message, batch: Batch, message: Outgoing, signer: "_Signer"
) -> list[_Written]:
    payload, headers = _payload(batch, message, row.shop), _headers(row, batch)
    return [
        _Written(
            row.pk, one, headers | signer.sign(one.endpoint), encrypt(payload, decoded(one.p256dh), decoded(one.auth))
        )
        for one in browsers
    ]


class _Signer:
    """The shop's signature, made once for each push service. Raises Refused where the shop's key is not there, or cannot be
    opened.
    """

    def __init__(self, shop: Shop, now: datetime) -> None:
        key = actions.key_of(shop)
        if key is None:
            raise Refused("messages in the browser are not set up")
        self.key: PushKey = key
        self.private = private_key(unseal(self.key.private))
        self.subject = f"mailto:{shop.sender_email}" if shop.sender_email else settings.REGULARS_BASE_URL
        self.now = now
        self.made: dict[str, str] = {}

    def sign(self, endpoint: str) -> dict[str, str]:
        origin = _origin(endpoint)
        if origin not in self.made:
            self.made[origin] = authorization(self.key.public, self.private, origin, self.subject, self.now)
        return {"Authorization": self.made[origin]}


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def _payload(batch: Batch, message: Outgoing, shop: Shop) -> bytes:
    """What the worker shows (`web/public/scripts/worker.js`). Raises RenderRefused, ValueError where it is too long."""
    said = preview(batch.content, message.values, batch.own_origin, batch.link)
    closed = closing_link(said.text)
    fields: dict[str, Any] = {
        "title": said.subject or shop.name,
        "text": closed.text,
        "to": closed.address or str(message.values["shop.url"]),
        "tag": f"{shop.slug}:{message.key}",
        "locale": batch.content.locale,
    }
    choices = str(message.values.get("preferences.url", ""))
    if choices:
        token = choices.rpartition("/")[2]
        fields["settings"] = f"{batch.own_origin}/w/{shop.slug}/push#p.{token}"
    payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > MOST:
        raise ValueError(f"the message has {len(payload)} octets, a push message holds {MOST}")
    return payload


def _headers(row: Message, batch: Batch) -> dict[str, str]:
    """Topic: a message that waits at the push service is replaced by the same one, so that a second attempt shows it once."""
    left = min(max(row.request.latest - batch.date, timedelta()), LONGEST_TTL)
    return {
        "TTL": str(int(left.total_seconds())),
        "Urgency": "high" if batch.purpose == Purpose.SERVICE else "normal",
        "Topic": encoded(b"m" + row.pk.to_bytes(8, "big")),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "User-Agent": "Regulars",
    }


def _answer(one: _Written, now: datetime, until: float, stops: dict[str, Answer], lock: Lock) -> Answer:
    origin = _origin(one.subscription.endpoint)
    with lock:
        stop = stops.get(origin)
    if stop is not None:
        return stop
    if monotonic() > until:
        return Answer(State.DEFERRED, 0, "no time was left in this batch")
    try:
        answer = hand_over(
            one.subscription.endpoint, one.headers, one.body, now, may_be_private=settings.REGULARS_PRIVATE_WEBHOOKS
        )
    except Exception as error:  # noqa: BLE001 - of one browser, so that the others' outcomes are not lost
        log.error("push.failed", error=type(error).__name__)
        return Answer(State.UNCERTAIN, 0, "the push service's answer was not understood")
    if answer.is_too_fast:
        with lock:
            stops[origin] = answer
    return answer


_GRAVITY = (State.ACCEPTED, State.UNCERTAIN, State.DEFERRED, State.REFUSED)


def _outcome(key: int, answers: Sequence[Answer]) -> Outcome:
    """Of all browsers: what reached one has reached the customer, and goes to none of the others again."""
    best = min(answers, key=lambda one: _GRAVITY.index(one.state))
    reached = sum(one.state is State.ACCEPTED for one in answers)
    again = min((one.again_at for one in answers if one.again_at is not None), default=None)
    data = {"browsers": len(answers), "reached": reached}
    return Outcome(
        key, best.state, best.code, best.text, again_at=again if best.state is State.DEFERRED else None, data=data
    )


PUSH = register_kind(Push())
WEB_PUSH = register(WebPush())
