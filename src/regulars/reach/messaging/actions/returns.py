"""Verbs of news from outside: mails that came back, complaints, replies; what a provider reports. Each counts once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import suppress_all, withdraw_consent
from regulars.decide.contact_policy.addresses import ADDRESS_KINDS
from regulars.decide.contact_policy.models import Purpose
from regulars.know.customers.models import Identity
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging import return_path
from regulars.reach.messaging.appointments import CalendarAnswer, take_answers
from regulars.reach.messaging.event_types import (
    MESSAGE_BOUNCED,
    MESSAGE_COMPLAINED,
    MESSAGE_REPLIED,
    MESSAGE_UNSUBSCRIBED,
)
from regulars.reach.messaging.incoming import Kind, Reading, is_about_the_mail
from regulars.reach.messaging.models import Delivery, IncomingNews, Message

BY_ADDRESS_WITHIN = timedelta(days=30)
"""News that names no message of ours belongs to the newest one that went to its address in this time."""
SOFT_IN_A_ROW = 5
SURELY_ARRIVED = timedelta(days=3)
"""A mail that has not come back after this long has arrived."""
LOOKED_BACK = timedelta(days=400)
KEPT = timedelta(days=90)
"""Providers send a report again for three days at most."""
FORGOTTEN_AT_ONCE = 2000

BOUNCED, LATE, COMPLAINED, REPLIED, DELIVERED, UNSUBSCRIBED = (
    "bounced", "late", "complained", "replied", "delivered", "unsubscribed",
)  # fmt: skip


@dataclass(frozen=True)
class News:
    """One thing that somebody outside says about one message or address.

    key: the same for the same news, however often it comes. kind: bounced, late, complained, replied, delivered or
    unsubscribed. is_dead: the address is gone. message_ids, numbers: candidates for the message it is about, the
    likeliest first. source: where it came from (mailbox, a provider). said: words of the mail server or the reader.
    """

    key: str
    kind: str
    address: str = ""
    is_dead: bool = False
    message_ids: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    source: str = ""
    status: str = ""
    said: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def news_of(key: str, reading: Reading) -> list[News]:
    """What a mail that was read says, as news; nothing for automatic answers and for what is not about us."""
    numbers = tuple(found for one in reading.delivered_to if (found := return_path.message_of(one)) is not None)
    here = News(key, REPLIED, message_ids=reading.message_ids, numbers=numbers, source="mailbox")
    if reading.kind in (Kind.HARD, Kind.SOFT):
        about = [
            replace(
                here,
                key=f"{key}:{number}",
                kind=LATE if one.is_late else BOUNCED,
                address=one.address,
                is_dead=one.is_dead,
                status=one.status,
                said=one.text,
            )
            for number, one in enumerate(reading.about)
        ]
        return about or [replace(here, kind=BOUNCED, is_dead=reading.kind is Kind.HARD)]
    if reading.kind is Kind.COMPLAINT:
        complained = replace(here, kind=COMPLAINED)
        return [replace(complained, address=one.address) for one in reading.about] or [complained]
    if reading.kind is Kind.REPLY:
        words = {"subject": reading.subject, "excerpt": reading.excerpt}
        return [replace(here, address=reading.sender, data=words)]
    return []


@transaction.atomic
def take_in(shop: Shop, news: Sequence[News], now: datetime) -> int:
    """Takes news in: Delivery and Event for the message, suppression by policy. Returns how many were new.

    Hard: the address is never written to again. A complaint: the same, and no more advertising by e-mail at all. Soft:
    five in a row, of mails, about the address itself, none of them for the mail's size or content, with no mail between that
    arrived. A constant number of queries for each kind of news.
    """
    fresh = _first_time(shop, news)
    if not fresh:
        return 0
    about = _matched(shop, fresh, now)
    IncomingNews._base_manager.bulk_create(
        [IncomingNews(shop=shop, key=one.key, kind=one.kind, at=now, message=about.get(one.key)) for one in fresh]
    )
    pairs = [(one, about[one.key]) for one in fresh if one.key in about]
    Delivery.objects.bulk_create(
        [
            Delivery(message=message, kind=one.kind, at=now, data=_data(one))
            for one, message in pairs
            if one.kind not in (REPLIED, UNSUBSCRIBED)
        ]
    )
    _mark(pairs, now)
    record(shop, [fact for one, message in pairs if (fact := _fact(one, message, now))], now=now, source="messaging")
    _restrict(shop, pairs, now)
    return len(fresh)


@transaction.atomic
def take_in_answers(shop: Shop, answers: Mapping[str, CalendarAnswer], now: datetime) -> int:
    """Takes in what calendars answered, each mail (by its key) once; returns how many were new."""
    there = IncomingNews._base_manager.filter(shop=shop, key__in=[f"calendar:{key}" for key in answers])
    known = set(there.values_list("key", flat=True))
    fresh = {f"calendar:{key}": one for key, one in answers.items() if f"calendar:{key}" not in known}
    if fresh:
        IncomingNews._base_manager.bulk_create(
            [IncomingNews(shop=shop, key=key, kind="calendar", at=now) for key in fresh]
        )
        take_answers(shop, list(fresh.values()), now)
    return len(fresh)


@transaction.atomic
def forget_news(shop: Shop, now: datetime) -> int:
    """Deletes old reports of mails that arrived or are late, one for each mail that went out; the others are few and stay,
    for a mailbox that is read anew shows them again."""
    old = IncomingNews._base_manager.filter(shop=shop, kind__in=(DELIVERED, LATE), at__lt=now - KEPT)
    ids = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    return int(IncomingNews._base_manager.filter(pk__among=ids).delete()[0]) if ids else 0


def _first_time(shop: Shop, news: Sequence[News]) -> list[News]:
    keys = {one.key: one for one in news}
    there = IncomingNews._base_manager.filter(shop=shop, key__in=keys).values_list("key", flat=True)
    for key in there:
        del keys[key]
    return list(keys.values())


def _matched(shop: Shop, news: Sequence[News], now: datetime) -> dict[str, Message]:
    """News → the message that it is about: by its Message-ID or signed number, else by its address. Three queries."""
    rows = Message._base_manager.filter(shop=shop).select_related("version__template").defer("values")
    by_id = {
        one.message_id: one for one in rows.filter(message_id__in={known for one in news for known in one.message_ids})
    }
    by_number = rows.in_bulk({number for one in news for number in one.numbers})
    found: dict[str, Message] = {}
    for one in news:
        candidates: Iterable[Message | None] = (
            *(by_number.get(number) for number in one.numbers),
            *(by_id.get(known) for known in one.message_ids),
        )
        message = next((candidate for candidate in candidates if candidate is not None), None)
        if message is not None:
            found[one.key] = message
    for channel, kind in (("email", "email"), ("sms", "phone")):
        left = {
            one.address.strip().lower(): one.key
            for one in news
            if one.key not in found and one.address and one.address.startswith("+") == (kind == "phone")
        }
        if not left:
            continue
        owners = {
            customer: key
            for key, customer in Identity._base_manager.filter(shop=shop, kind=kind, key__in=left).values_list(
                "key", "customer_id"
            )
        }
        sent = rows.filter(customer_id__in=owners, channel=channel, sent_at__gte=now - BY_ADDRESS_WITHIN)
        newest = {one.customer_id: one for one in sent.order_by("sent_at", "pk")}
        by_address = {owners[customer]: message for customer, message in newest.items()}
        for one in news:
            message = by_address.get(one.address.strip().lower())
            if one.key not in found and message is not None:
                found[one.key] = message
    return found


def _data(one: News) -> dict[str, Any]:
    data: dict[str, Any] = {"source": one.source}
    if one.kind in (BOUNCED, LATE):
        data |= {"bounce": "hard" if one.is_dead else "soft", "status": one.status, "text": one.said[:300]}
    return data | dict(one.data)


_COLUMNS = {BOUNCED: "bounced_at", COMPLAINED: "complained_at", REPLIED: "replied_at", UNSUBSCRIBED: "unsubscribed_at"}


def _mark(pairs: Sequence[tuple[News, Message]], now: datetime) -> None:
    for kind, column in _COLUMNS.items():
        ids = {message.pk for one, message in pairs if one.kind == kind}
        if ids:
            Message._base_manager.filter(pk__in=ids, **{column: None}).update(**{column: now})


def _fact(one: News, message: Message, now: datetime) -> Fact | None:
    said: dict[str, Any] = {
        "message": message.pk, "measure": message.measure_id, "name": message.version.template.name,
    }  # fmt: skip
    if one.kind == BOUNCED:
        bounce = "hard" if one.is_dead else "soft"
        said |= {"purpose": message.purpose, "bounce": bounce}
        return Fact(MESSAGE_BOUNCED, now, message.customer_id, said, f"{message.pk}:{bounce}")
    if one.kind == COMPLAINED:
        return Fact(MESSAGE_COMPLAINED, now, message.customer_id, said, f"{message.pk}")
    if one.kind == UNSUBSCRIBED:
        return Fact(MESSAGE_UNSUBSCRIBED, now, message.customer_id, said, f"{message.pk}")
    if one.kind == REPLIED:
        return Fact(MESSAGE_REPLIED, now, message.customer_id, said | dict(one.data), one.key)
    return None


def _restrict(shop: Shop, pairs: Sequence[tuple[News, Message]], now: datetime) -> None:
    reasons: dict[str, dict[str, str]] = {"email": {}, "phone": {}}
    evidence: dict[str, dict[str, Any]] = {}

    def note(message: Message, reason: str, one: News) -> None:
        kind = ADDRESS_KINDS.get(message.channel)
        if message.address and kind is not None:
            reasons[kind][message.address] = reason
            evidence[message.address] = {"message": message.pk, **_data(one)}

    soft = {}
    for one, message in pairs:
        if one.kind == BOUNCED and one.is_dead:
            note(message, "bounced", one)
        elif one.kind == BOUNCED and message.channel == "email":
            soft[message.address] = (one, message)
        elif one.kind == COMPLAINED:
            note(message, "complained", one)
    for address in worn_out(shop, set(soft) - set(reasons["email"]), now):
        note(soft[address][1], "bounced", soft[address][0])
    for address_kind, found in reasons.items():
        if found:
            proofs = {address: evidence[address] for address in found}
            suppress_all(shop, address_kind, found, now, evidence=proofs)
    by_channel: dict[tuple[str, str], set[int]] = {}
    for one, message in pairs:
        if one.kind in (COMPLAINED, UNSUBSCRIBED):
            by_channel.setdefault((one.kind, message.channel), set()).add(message.customer_id)
    for (news_kind, channel), customers in sorted(by_channel.items()):
        for purpose in (Purpose.MARKETING, Purpose.RESEARCH):
            source = "complaint" if news_kind == COMPLAINED else "unsubscribe"
            withdraw_consent(shop, sorted(customers), channel, purpose, now, source=source)


def worn_out(shop: Shop, addresses: set[str], now: datetime) -> list[str]:
    """Those of the addresses from which five mails in a row came back, with none between that arrived. Two queries.

    Refusals of a mail's size, content or sender say nothing about the address, nor do those that no mail server spoke
    (codes below 500): they neither count nor end the row.
    """
    if not addresses - {""}:
        return []
    rows = (
        Message._base_manager.filter(
            shop=shop, address__in=addresses - {""}, sent_at__gte=now - LOOKED_BACK, channel="email",
            status__in=(Message.Status.DONE, Message.Status.FAILED),
        ).order_by("address", "-sent_at", "-pk").values_list("pk", "address", "sent_at", "bounced_at")
    )  # fmt: skip
    by_address: dict[str, list[tuple[int, datetime, datetime | None]]] = {}
    for pk, address, sent_at, bounced_at in rows:
        assert sent_at is not None  # it was asked for
        by_address.setdefault(address, []).append((pk, sent_at, bounced_at))
    said: dict[int, set[str]] = {}
    told = Delivery.objects.filter(
        message_id__in=[pk for group in by_address.values() for pk, _sent, _b in group],
        kind__in=(BOUNCED, "refused", DELIVERED),
    )
    for message_id, kind, data in told.values_list("message_id", "kind", "data"):
        if kind == DELIVERED:
            said.setdefault(message_id, set()).add("arrived")
        elif _is_about_the_address(kind, data):
            said.setdefault(message_id, set()).add("counts")
    return [address for address, group in by_address.items() if _in_a_row(group, said, now) >= SOFT_IN_A_ROW]


def _is_about_the_address(kind: str, data: Mapping[str, Any]) -> bool:
    if kind != BOUNCED and int(data.get("code") or 0) < 500:
        return False
    return not is_about_the_mail(str(data.get("text", "")), status=str(data.get("status", "")))


def _in_a_row(group: list[tuple[int, datetime, datetime | None]], said: dict[int, set[str]], now: datetime) -> int:
    count = 0
    for pk, sent_at, bounced_at in group:
        told = said.get(pk, set())
        if bounced_at is not None:
            count += "counts" in told
        elif "arrived" in told or sent_at < now - SURELY_ARRIVED:
            break
    return count
