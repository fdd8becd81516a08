"""Verbs of sending: schedule what the gate granted, send what is due, give up what a lost worker had in hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.claim import claim, settle
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import Verdict, confirm
from regulars.decide.contact_policy.models import Consent, ContactRequest, Purpose
from regulars.know.customers.models import Customer
from regulars.reach.messaging import tokens
from regulars.reach.messaging.addresses import shop_url
from regulars.reach.messaging.appointments import Asked, requests_for
from regulars.reach.messaging.channel import (
    Batch,
    LinkOf,
    Outcome,
    Outgoing,
    Sender,
    State,
    channel_for,
    sent_by_machine,
)
from regulars.reach.messaging.channel_kinds import EMAIL, by_hand, kind_of
from regulars.reach.messaging.expressions import Context
from regulars.reach.messaging.models import Message, SendingRules, TemplateVersion

from .pacing import in_turn
from .recording import record_outcomes
from .rules import paused_measures, rules_of
from .templates import content_key, content_of

LEASE = timedelta(minutes=10)
AT_ONCE = 250
NUMBER = "message.number"
"""A value that no template can name: the message's number where its links may be tracked, else 0."""

Status = Message.Status


@transaction.atomic
def schedule(shop: Shop, now: datetime, limit: int = 5000) -> int:
    """Follows the gate's answers: granted messages fall due, refused and withdrawn ones are cancelled. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEDULE, {"shop": shop.pk, "now": bulk.moment(now), "limit": limit})
        return int(cursor.rowcount)


_SCHEDULE = """
UPDATE messaging_message SET
    status = CASE WHEN answered.status = 'granted' THEN 'due' ELSE 'cancelled' END,
    due_at = CASE WHEN answered.status = 'granted' THEN COALESCE(answered.send_at, %(now)s) ELSE messaging_message.due_at END,
    reason = CASE WHEN answered.status = 'granted' THEN messaging_message.reason
        WHEN answered.reason = '' THEN answered.status ELSE answered.reason END
FROM (
    SELECT m.id, r.status, r.send_at, r.reason
    FROM messaging_message m JOIN contact_policy_contactrequest r ON r.id = m.request_id
    WHERE m.shop_id = %(shop)s AND m.status = 'waiting' AND r.status <> 'waiting' ORDER BY m.id LIMIT %(limit)s
) answered
WHERE messaging_message.id = answered.id AND messaging_message.status = 'waiting'
"""


@transaction.atomic
def give_up_lost(shop: Shop, now: datetime, limit: int = AT_ONCE) -> int:
    """Messages whose worker was lost while it had them in hand: nobody knows whether they went out.

    Advertising and research become uncertain: counted as contacts, shown, not sent again. Service messages fall due
    again, with the same Message-ID.
    """
    lost = Message._base_manager.filter(shop=shop, status=Status.CLAIMED, lease_until__lt=now).exclude(
        channel__in=by_hand()
    )
    again = lost.filter(purpose=Purpose.SERVICE).update(status=Status.DUE, due_at=now, lease_until=None, lease_token="")
    rows = list(lost.select_for_update(of=("self",)).select_related("version__template").order_by("pk")[:limit])
    outcomes = {row.pk: Outcome(row.pk, State.UNCERTAIN, 0, "the worker was lost while it sent") for row in rows}
    record_outcomes(shop, rows, outcomes, now)
    return again + len(rows)


def send_due(shop: Shop, now: datetime, limit: int = AT_ONCE) -> int:
    """Claims due messages, asks the gate again, hands over, records what became of each. Returns how many it claimed.

    A constant number of queries for each channel and template version in the batch. Nothing is held in a transaction
    while the channel works; the rows' lease is the only lock.
    """
    due = Message._base_manager.filter(shop=shop, channel__in=sent_by_machine())
    if paused := paused_measures(shop):
        due = due.exclude(measure_id__in=paused)
    claimed = claim(due, now=now, lease=LEASE, limit=limit, reclaim=False)
    if not claimed:
        return 0
    rules = rules_of(shop)
    in_hand = in_turn(shop, claimed.rows, rules, now)
    verdicts = confirm(shop, [row.request_id for row in in_hand], now)
    allowed = settle_refused(in_hand, verdicts, now)
    for key in sorted({row.channel for row in allowed}):
        rows = [row for row in allowed if row.channel == key]
        channel = channel_for(key, shop, rules.way if key == EMAIL.key else "")
        outcomes = {one.key: one for one in channel.send(batches(shop, rows, rules, now))}
        with transaction.atomic():
            record_outcomes(shop, _still_ours(rows, claimed.token), outcomes, now)
    return len(claimed)


def settle_refused(rows: Sequence[Message], verdicts: dict[int, Verdict], now: datetime) -> list[Message]:
    """Puts off what must wait, cancels what may not be sent; returns the others."""
    allowed: list[Message] = []
    put_off: dict[tuple[str, datetime | None, str], list[Message]] = {}
    for row in rows:
        verdict = verdicts.get(row.request_id, Verdict(False, "withdrawn"))
        if verdict.allowed:
            allowed.append(row)
        elif verdict.until is not None:
            put_off.setdefault((Status.DUE, verdict.until, ""), []).append(row)
        elif verdict.reason == ContactRequest.Status.WAITING:
            put_off.setdefault((Status.WAITING, None, ""), []).append(row)
        else:
            put_off.setdefault((Status.CANCELLED, None, verdict.reason), []).append(row)
    with transaction.atomic():
        for (status, due_at, reason), group in put_off.items():
            settle(group, status, due_at=due_at, reason=reason)
    return allowed


def _still_ours(rows: Sequence[Message], token: str) -> list[Message]:
    """Those that nobody else took over meanwhile. One that was given up as uncertain is ours still: now we know better."""
    ids = {row.pk for row in rows}
    held = Message._base_manager.select_for_update().filter(
        pk__among=ids, lease_token=token, status__in=(Status.CLAIMED, Status.UNCERTAIN)
    )
    ours = set(held.values_list("pk", flat=True))
    return [row for row in rows if row.pk in ours]


def batches(shop: Shop, rows: Sequence[Message], rules: SendingRules, now: datetime) -> Iterable[Batch]:
    """The rows by template version, ready to hand over."""
    base = settings.REGULARS_BASE_URL
    customers = {row.customer_id for row in rows}
    tracked = set(
        Consent._base_manager.filter(
            shop=shop, customer_id__among=customers, purpose=Purpose.TRACKING, state=Consent.State.GRANTED
        ).values_list("customer_id", flat=True)
    )
    names = {
        pk: f"{first} {last}".strip()
        for pk, first, last in Customer._base_manager.filter(pk__among=customers).values_list(
            "pk", "first_name", "last_name"
        )
    }
    versions = TemplateVersion.objects.select_related("template__shop__brand__logo").in_bulk(
        {row.version_id for row in rows}
    )
    sender = Sender(
        shop.sender_name or shop.name,
        shop.sender_email or _bare(settings.DEFAULT_FROM_EMAIL),
        shop.reply_to,
        rules.return_path,
    )
    system = {**system_values(shop), NUMBER: 0}
    opening = tokens.maker(tokens.OPEN, tokens.expiry_hour(tokens.OPEN, now))
    ways = {
        is_short: (
            made(tokens.UNSUBSCRIBE, tokens.expiry_hour(tokens.UNSUBSCRIBE, now)),
            made(tokens.PREFERENCES, tokens.expiry_hour(tokens.PREFERENCES, now)),
            link_of(base, tokens.expiry_hour(tokens.CLICK, now), is_short=is_short),
        )
        for is_short, made in ((False, tokens.maker), (True, tokens.short_maker))
    }
    groups: dict[tuple[int, str, int | None], list[Message]] = {}
    for row in rows:
        groups.setdefault((row.version_id, row.purpose, row.measure_id), []).append(row)
    for (version_id, purpose, measure_id), group in groups.items():
        version = versions[version_id]
        asked = requests_for(
            shop, {row.pk: Asked(row.address, row.values) for row in group if row.channel == "email"}, now
        )
        leaving, choosing, link = ways[not kind_of(version.template.channel).is_mail]
        outgoing = []
        for row in group:
            row.may_track = row.customer_id in tracked and purpose != Purpose.SERVICE
            values = {**row.values, **system}
            if purpose != Purpose.SERVICE:
                values["unsubscribe.url"] = f"{base}/u/{leaving(row.pk, 0)}"
                values["preferences.url"] = f"{base}/p/{choosing(row.pk, 0)}"
            if row.may_track:
                values[NUMBER] = row.pk
                values["open.url"] = f"{base}/o/{opening(row.pk, 0)}"
            name, request = names.get(row.customer_id, ""), asked.get(row.pk, "")
            outgoing.append(Outgoing(row.pk, row.message_id, name, row.address, values, request))
        yield Batch(
            content=content_of(version),
            content_key=content_key(version),
            sender=sender,
            purpose=purpose,
            feedback_id=f"{version.template.key}:{measure_id or 0}:{purpose}:{shop.slug}",
            date=now,
            own_origin=base,
            messages=outgoing,
            link=link,
        )


def system_values(shop: Shop) -> dict[str, Any]:
    """What every message knows of its shop; the ways out and in are empty until the sender fills them for each."""
    return {
        "shop.name": shop.name,
        "shop.address": " · ".join(line.strip() for line in shop.legal_footer.splitlines() if line.strip()),
        "shop.url": shop_url(shop),
        "unsubscribe.url": "",
        "preferences.url": "",
        "open.url": "",
    }


_LINKS: dict[tuple[str, int, bool], LinkOf] = {}


def link_of(base: str, hour: int, *, is_short: bool = False) -> LinkOf:
    """The function that makes tracked addresses under `base`, ending at `hour`; the same one for the same arguments.

    is_short: with tokens for texts in which each sign counts.
    """
    if (base, hour, is_short) not in _LINKS:
        if not any(known[:2] == (base, hour) for known in _LINKS):
            _LINKS.clear()

        token = (tokens.short_maker if is_short else tokens.maker)(tokens.CLICK, hour)

        @lru_cache(maxsize=64)  # a link stands in the text part and again in the HTML part of the same message
        def tracked(number: int, index: int) -> str:
            return f"{base}/c/{token(number, index)}"

        def link(index: int, values: Context) -> str | None:
            number = values[NUMBER]
            return tracked(number, index) if isinstance(number, int) and number else None

        _LINKS[base, hour, is_short] = link
    return _LINKS[base, hour, is_short]


def _bare(mailbox: str) -> str:
    return mailbox.rpartition("<")[2].rstrip("> ")
