"""What became of messages that were handed over: written in sets, in the transaction of the sender."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from regulars.core import bulk
from regulars.core.claim import settle
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import note_consent_use, suppress_all, use
from regulars.decide.contact_policy.addresses import ADDRESS_KINDS
from regulars.decide.contact_policy.models import Channel, ContactRequest, Purpose
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.event_types import MESSAGE_BOUNCED, MESSAGE_SENT, MESSAGE_UNCERTAIN
from regulars.reach.messaging.models import Delivery, Message, TemplateVersion

from .returns import worn_out

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Waits between attempts double from the first to the longest (RFC 5321, 4.5.4.1), until the message is too late."""

Status = Message.Status


def record_outcomes(shop: Shop, rows: Sequence[Message], outcomes: dict[int, Outcome], now: datetime) -> None:
    """Writes what became of the rows, in sets: status, Delivery, Contact, Events, suppressions.

    A service message that was perhaps taken is sent again (at least once, with the same Message-ID). What was put off
    is tried again ever more seldom until it would come too late; then it is not sent, with the server's words.
    """
    again = {
        row.pk
        for row in rows
        if row.purpose == Purpose.SERVICE and outcomes.get(row.pk, _LOST).state is State.UNCERTAIN
    }
    outcomes = outcomes | {pk: replace(outcomes.get(pk, _LOST), key=pk, state=State.DEFERRED) for pk in again}
    deferred = [row for row in rows if row.pk in outcomes and outcomes[row.pk].state is State.DEFERRED]
    next_try = _next_tries(deferred, {row.pk: outcomes[row.pk].again_at for row in deferred}, now)
    by_state: dict[State, list[Message]] = {}
    for row in rows:
        by_state.setdefault(outcomes[row.pk].state if row.pk in outcomes else State.UNCERTAIN, []).append(row)
    reached = by_state.get(State.ACCEPTED, []) + by_state.get(State.UNCERTAIN, [])
    for may_track in (True, False):
        accepted = [row.pk for row in by_state.get(State.ACCEPTED, []) if row.may_track is may_track]
        if accepted:
            said = {"sent_at": bulk.moment(now), "may_track": may_track, "lease_until": None, "reason": ""}
            bulk.change(Message, accepted, {"status": Status.DONE.value, **said})
    uncertain = [row.pk for row in by_state.get(State.UNCERTAIN, [])]
    if uncertain:
        # The token stays: should the worker live after all, it may say what really happened.
        said = {"status": Status.UNCERTAIN.value, "lease_until": None, "sent_at": bulk.moment(now)}
        bulk.change(Message, uncertain, said)
    refused = [row.pk for row in by_state.get(State.REFUSED, [])]
    if refused:
        bulk.change(Message, refused, {"sent_at": bulk.moment(now), "bounced_at": bulk.moment(now)})
    _settle_by_text(by_state.get(State.REFUSED, []), outcomes, Status.FAILED, lambda row: None)
    put_off = by_state.get(State.DEFERRED, [])
    _settle_by_text([row for row in put_off if next_try[row.pk]], outcomes, Status.DUE, lambda row: next_try[row.pk])
    for status, too_late in (
        (Status.CANCELLED, [row for row in put_off if not next_try[row.pk] and row.pk not in again]),
        (Status.UNCERTAIN, [row for row in put_off if not next_try[row.pk] and row.pk in again]),
    ):
        _settle_by_text(too_late, outcomes, status, lambda row: None)
    _note([(row, _KINDS[state], outcomes.get(row.pk)) for state, group in by_state.items() for row in group], now)
    if reached:
        use(shop, [row.request_id for row in reached], now)
    if called := [row.request_id for row in rows if row.channel == Channel.PHONE]:
        note_consent_use(shop, called, now)
    _suppress(shop, by_state.get(State.REFUSED, []), outcomes, now)
    types = {
        State.ACCEPTED: MESSAGE_SENT,
        State.UNCERTAIN: MESSAGE_UNCERTAIN,
        State.REFUSED: MESSAGE_BOUNCED,
    }
    names = dict(
        TemplateVersion.objects.filter(pk__in={row.version_id for row in rows}).values_list("pk", "template__name")
    )
    facts = [
        Fact(
            types[state],
            now,
            row.customer_id,
            {
                "message": row.pk,
                "measure": row.measure_id,
                "name": names[row.version_id],
                "purpose": row.purpose,
                "channel": row.channel,
            },
            f"{row.pk}",
        )
        for state, group in by_state.items()
        if state in types
        for row in group
    ]
    if facts:
        record(shop, facts, now=now, source="messaging")


def _suppress(shop: Shop, refused: Sequence[Message], outcomes: dict[int, Outcome], now: datetime) -> None:
    """Dead addresses at once; mail that was refused for another reason when it was the fifth time in a row."""
    by_kind: dict[str, dict[str, Message]] = {}
    for row in refused:
        if row.address and row.channel in ADDRESS_KINDS:
            by_kind.setdefault(ADDRESS_KINDS[row.channel], {})[row.address] = row
    for kind, by_address in by_kind.items():
        dead = {address for address, row in by_address.items() if outcomes[row.pk].is_address_dead}
        if kind == "email":
            unwilling = {one for one, row in by_address.items() if outcomes[row.pk].code >= 500} - dead
            dead |= set(worn_out(shop, unwilling, now))
        if dead:
            evidence = {
                one: {"message": by_address[one].pk, "source": "sending", **_said(outcomes[by_address[one].pk])}
                for one in dead
            }
            suppress_all(shop, kind, dict.fromkeys(dead, "bounced"), now, evidence=evidence)


def _next_tries(
    rows: Sequence[Message], asked: Mapping[int, datetime | None], now: datetime
) -> dict[int, datetime | None]:
    """When each is tried again, not before the moment that was `asked` for; None where it would come too late. One query,
    none without rows.
    """
    if not rows:
        return {}
    latest = dict(
        ContactRequest._base_manager.filter(pk__in={row.request_id for row in rows}).values_list("pk", "latest")
    )
    found: dict[int, datetime | None] = {}
    for row in rows:
        said, end = asked.get(row.pk), latest[row.request_id]
        at = said if said is not None and said > now else now + _pause(row)
        last_chance = end - FIRST_PAUSE
        earliest = said if said is not None and said > now else now + FIRST_PAUSE
        found[row.pk] = at if at <= end else last_chance if last_chance >= earliest else None
    return found


_LOST = Outcome(0, State.UNCERTAIN, 0, "nobody said what became of it")

_KINDS = {
    State.ACCEPTED: "accepted",
    State.REFUSED: "refused",
    State.DEFERRED: "deferred",
    State.UNCERTAIN: "uncertain",
}


def _note(news: Sequence[tuple[Message, str, Outcome | None]], now: datetime) -> None:
    """One Delivery for each, without building model instances: this is the innermost loop of the sender."""
    at = bulk.moment(now)
    bulk.insert(
        Delivery,
        ("message_id", "kind", "at", "by_machine", "data"),
        [(row.pk, kind, at, False, json.dumps(_said(outcome))) for row, kind, outcome in news],
    )


def _said(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    said: dict[str, Any] = {"code": outcome.code, "text": outcome.text}
    return said | ({"note": outcome.note} if outcome.note else {}) | dict(outcome.data)


def _settle_by_text(
    rows: Sequence[Message], outcomes: dict[int, Outcome], status: str, due_at: Callable[[Message], datetime | None]
) -> None:
    """One update for each different answer."""
    groups: dict[tuple[str, datetime | None], list[Message]] = {}
    for row in rows:
        groups.setdefault((outcomes[row.pk].text[:200], due_at(row)), []).append(row)
    for (text, at), group in groups.items():
        settle(group, status, due_at=at, reason=text)


def _pause(row: Message) -> timedelta:
    doubled: timedelta = FIRST_PAUSE * (1 << min(row.attempts, 10))
    return min(doubled, LONGEST_PAUSE)
