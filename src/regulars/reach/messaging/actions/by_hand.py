"""Verbs of channels that people do by hand: take what the gate granted, tell what became of it, give it back.

    (call,) = take_by_hand(shop, "phone", now, staff)             # the gate is asked again right here
    words = words_by_hand(shop, [call], now)[call.pk]             # what to say, as this customer hears it
    settle_by_hand(shop, [call], {call.pk: Outcome(call.pk, State.ACCEPTED)}, now, staff)

A message that nobody has in hand is due, like a mail; a person takes it under a lease of the channel, so that no two ever
have the same one. Its outcome is recorded by the sender's own code: Contact, Delivery, Events, and what a journey waits for.
A lease that ran out gives the message back: a person can be asked whether it was done, a lost worker cannot.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.claim import claim, settle
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.contact_policy.models import ContactRequest, Decision
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.channel_kinds import by_hand, kind_of
from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.rendering import Preview, RenderRefused, preview

from .recording import record_outcomes
from .rules import paused_measures, rules_of
from .sending import batches, settle_refused

AT_ONCE = 500
"""Messages that are taken, or given up, at once at most."""
DECLINED = "declined"
"""The reason of a Decision: a person decided not to do it."""

Status = Message.Status


def waiting_by_hand(shop: Shop, channel: str, now: datetime) -> "QuerySet[Message]":
    """What the gate granted on this channel for now and nobody has in hand, the longest due first."""
    due = Message._base_manager.filter(
        shop=shop, channel=channel, status=Status.DUE, due_at__lte=now,
        request__status=ContactRequest.Status.GRANTED, request__latest__gte=now,
    )  # fmt: skip
    paused = paused_measures(shop)
    return (due.exclude(measure_id__in=paused) if paused else due).order_by("due_at", "pk")


def in_hand(shop: Shop, channel: str, staff: Staff, now: datetime) -> "QuerySet[Message]":
    """What this person took and has not settled."""
    return Message._base_manager.filter(
        shop=shop, channel=channel, status=Status.CLAIMED, taken_by=staff, lease_until__gte=now
    ).order_by("pk")


def take_by_hand(
    shop: Shop,
    channel: str,
    now: datetime,
    staff: Staff | None,
    *,
    limit: int = 1,
    messages: Collection[int] | None = None,
    customers: Collection[int] | None = None,
    lease: timedelta | None = None,
    narrowed: "Callable[[QuerySet[Message]], QuerySet[Message]] | None" = None,
) -> list[Message]:
    """Takes up to `limit` messages, the longest due first, and asks the gate again of each right then.

    messages, customers: only these; narrowed: only what this leaves of the queryset. lease: instead of the channel's. What
    the gate now refuses is cancelled with its Decision, what it puts off waits; others come in their place. The answer may
    so be shorter, or empty. A constant number of queries for each round; no two people get the same message.
    """
    lease = lease or kind_of(channel).lease
    limit = min(limit, AT_ONCE)
    found = waiting_by_hand(shop, channel, now)
    if messages is not None:
        found = found.filter(pk__among=set(messages))
    if customers is not None:
        found = found.filter(customer_id__among=set(customers))
    if narrowed is not None:
        found = narrowed(found)
    taken: list[Message] = []
    while len(taken) < limit:
        claimed = claim(found, now=now, lease=lease, limit=limit - len(taken), reclaim=False)
        if not claimed:
            break
        verdicts = contact_policy.confirm(shop, [row.request_id for row in claimed.rows], now)
        taken += settle_refused(claimed.rows, verdicts, now)
    if taken:
        Message._base_manager.filter(pk__among={row.pk for row in taken}).update(taken_by=staff)
        for row in taken:
            row.taken_by = staff
    return taken


def words_by_hand(shop: Shop, messages: Sequence[Message], now: datetime) -> dict[int, Preview]:
    """What each says to its customer, with the ways out filled. A constant number of queries for each template version.

    Where the channel tracks links and the customer agreed, they are tracked ones, and `may_track` of the row says so. One
    that cannot be rendered (a variable without a value) is left out.
    """
    said = {}
    for batch in batches(shop, messages, rules_of(shop), now):
        for one in batch.messages:
            try:
                said[one.key] = preview(batch.content, one.values, batch.own_origin, batch.link)
            except RenderRefused:
                continue
    return said


@transaction.atomic
def settle_by_hand(
    shop: Shop, messages: Sequence[Message], outcomes: Mapping[int, Outcome], now: datetime, staff: Staff | None
) -> list[Message]:
    """Records what became of messages that were taken; returns those that were still ours.

    accepted: done, it reached the customer. refused: never for this address (`is_address_dead`: it is nobody's, and is
    suppressed). deferred: again at `again_at`, which must not be later than the message is welcome. A lease that ran out
    does no harm as long as nobody else took the message. Raises Refused where none is ours any more, and for an `again_at`
    that is too late; then nothing is written.
    """
    ours = _ours(messages)
    latest = dict(
        ContactRequest._base_manager.filter(pk__among={row.request_id for row in ours}).values_list("pk", "latest")
    )
    for row in ours:
        again_at = outcomes[row.pk].again_at
        if again_at is not None and not now < again_at <= latest[row.request_id]:
            raise Refused(_("Choose a time to come, and not later than the message is welcome."), code="again_at")
    who = {} if staff is None else {"staff": staff.pk}
    told = {row.pk: replace(outcomes[row.pk], data={**outcomes[row.pk].data, **who}) for row in ours}
    record_outcomes(shop, ours, told, now)
    put_off = {row.pk for row in ours if told[row.pk].state is State.DEFERRED}
    later = Message._base_manager.filter(pk__among=put_off, status=Status.DUE).values_list("request_id", "due_at")
    contact_policy.replan(shop, {request: at for request, at in later if at is not None}, now)
    return ours


@transaction.atomic
def give_back_by_hand(shop: Shop, messages: Sequence[Message], now: datetime) -> int:
    """Nobody did it: the messages are due again for anybody, and their grants give way again. Returns how many."""
    ours = [row for row in _ours(messages) if row.status == Status.CLAIMED]
    _give_back(shop, ours, now)
    return len(ours)


def _give_back(shop: Shop, rows: Sequence[Message], now: datetime) -> None:
    # The token stays: who took it may still tell what happened, as long as nobody else takes it.
    Message._base_manager.filter(pk__among={row.pk for row in rows}).update(
        status=Status.DUE, due_at=now, lease_until=None, attempts=F("attempts") - 1
    )
    contact_policy.replan(shop, dict.fromkeys((row.request_id for row in rows), now), now)


@transaction.atomic
def decline_by_hand(shop: Shop, messages: Sequence[Message], why: str, now: datetime, staff: Staff | None) -> int:
    """A person decides that these are not done at all: cancelled, with a Decision. why: their words. Returns how many."""
    ours = _ours(messages)
    if not ours:
        return 0
    contact_policy.withdraw_requests(shop, [row.request_id for row in ours], now, DECLINED)
    settle(ours, Status.CANCELLED, due_at=None, reason=(why or DECLINED)[:200], taken_by=staff)
    by_measure: dict[int | None, dict[int, str]] = {}
    for row in ours:
        by_measure.setdefault(row.measure_id, {})[row.customer_id] = DECLINED
    for measure_id, reasons in by_measure.items():
        contact_policy.note_decisions(shop, measure_id, reasons, now, Decision.Stage.SEND)
    for row in ours:
        audit("message.declined", now=now, shop=shop, staff=staff, target=row, channel=row.channel)
    return len(ours)


def _ours(messages: Sequence[Message]) -> list[Message]:
    """Those that nobody else took since, locked. Raises Refused where there were some and none is left."""
    tokens = {row.pk: row.lease_token for row in messages}
    rows = Message._base_manager.select_for_update(of=("self",)).filter(
        pk__among=set(tokens), status__in=(Status.CLAIMED, Status.DUE)
    )
    ours = [row for row in rows.order_by("pk") if row.lease_token and row.lease_token == tokens[row.pk]]
    if messages and not ours:
        raise Refused(_("Somebody else has settled or taken this meanwhile. Load the page again."), code="taken")
    return ours


def end_by_hand(shop: Shop, now: datetime, limit: int = AT_ONCE) -> int:
    """What people left: a lease that ran out gives its message back; what nobody did in time, and what the gate or a stopped
    measure took back meanwhile, is cancelled with its reason. Returns how many. A constant number of queries.
    """
    channels = by_hand()
    mine = Message._base_manager.filter(shop=shop, channel__in=channels)
    with transaction.atomic():
        lost = mine.filter(status=Status.CLAIMED, lease_until__lt=now)
        back = list(lost.select_for_update(of=("self",)).order_by("pk")[:limit])
        if back:
            _give_back(shop, back, now)
            Delivery.objects.bulk_create(
                Delivery(message=row, kind="given_back", at=now, data={"staff": row.taken_by_id}) for row in back
            )
    over = Q(request__latest__lt=now) | ~Q(request__status=ContactRequest.Status.GRANTED)
    late = claim(mine.filter(over), now=now, lease=timedelta(minutes=1), limit=limit, reclaim=False)
    if late:
        settle_refused(late.rows, contact_policy.confirm(shop, [row.request_id for row in late.rows], now), now)
    return len(back) + len(late)


__all__: list[Any] = [
    "decline_by_hand",
    "end_by_hand",
    "give_back_by_hand",
    "in_hand",
    "settle_by_hand",
    "take_by_hand",
    "waiting_by_hand",
    "words_by_hand",
]
