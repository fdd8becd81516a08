"""The verb `confirm`: the sender asks again, right before handing over."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy.gate import ask_requests, clock_of
from regulars.decide.contact_policy.grounds import ADVERTISING, Permit, permit_of
from regulars.decide.contact_policy.models import ContactRequest, Decision, Purpose
from regulars.decide.contact_policy.quiet import Clock, is_prompt, next_welcome, quiet_again

from .exact import Planned, Taken, keeps_budget, taken_by
from .granting import DECISION
from .requests import OK

Status = ContactRequest.Status


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it go out now?

    until: allowed, the moment until which that holds; for reason "quiet", when to ask again; else None.
    consent_id: the consent that permits it, where the ground is one.
    """

    allowed: bool
    reason: str
    consent_id: int | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Asked:
    """A grant that is asked about, with what the gate says of it up to the holdout."""

    row: Planned
    purpose: str
    channel: str
    reason: str
    permit: Permit | None
    clock: Clock

    @property
    def is_prompt(self) -> bool:
        """It wakes nobody: it goes at any hour."""
        return is_prompt(self.channel, self.purpose)


@dataclass(slots=True)
class Outcome:
    """One answer to be written: the request's new columns and its Decision."""

    row: Planned
    status: str
    reason: str
    send_at: datetime | None = None
    consent_id: int | None = None
    confirmed_at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)


_ANSWERS = """
SELECT a.id, a.customer_id, a.measure_id, a.rank, r.latest, r.send_at, r.confirmed_at, a.purpose, a.channel, a.reason,
    a.permit, a.zone, a.country
FROM gate_asked a JOIN contact_policy_contactrequest r ON r.id = a.id
"""
_OVER = "SELECT r.id, r.status, r.reason FROM contact_policy_contactrequest r WHERE r.shop_id = %s AND r.id {among}"


@transaction.atomic
def confirm(shop: Shop, request_ids: Iterable[int], now: datetime) -> dict[int, Verdict]:
    """The sender asks again, right before handing over: all questions, for the whole batch, with answers by id.

    A refusal is final and written (REFUSED, a Decision). "quiet" is not: the request keeps its grant with a new
    send_at, which `until` tells. Who was told yes is on the way: the grant gives way to no other any more, and the
    sender calls `use` when the message was handed over. A constant number of queries.
    """
    ids = set(request_ids)
    among, carried = bulk.among(ids)
    which = "r.status = 'granted' AND r.id " + among.replace("%s", "%(ids)s")
    found = ask_requests(shop, which, {"ids": carried}, now)
    live = _asked(shop) if found else []
    verdicts: dict[int, Verdict] = {}
    if found < len(ids):
        asked = {one.row.pk for one in live}
        for pk, status, reason in bulk.fetch(_OVER.format(among=among), [shop.pk, carried]):
            if pk not in asked:
                verdicts[pk] = Verdict(False, reason or status)
    budgets = {one.row.customer_id for one in live if not one.reason and one.purpose in ADVERTISING}
    taken = taken_by(shop, budgets, now)
    welcome, ends = lru_cache(_welcome), lru_cache(quiet_again)
    outcomes = []
    for one in live:
        mine = taken.get(one.row.customer_id) if one.purpose in ADVERTISING else None
        outcome, verdict = _confirm(one, mine, welcome, ends, now)
        verdicts[one.row.pk] = verdict
        outcomes += [outcome] if outcome else []
    _write(shop, outcomes, now)
    return verdicts


def _asked(shop: Shop) -> list[Asked]:
    """The rows of `gate_asked`, in their order."""
    moment, permit = lru_cache(bulk.as_moment), lru_cache(permit_of)
    clocks: dict[tuple[str, str], Clock] = {}
    rows = []
    for pk, customer_id, measure_id, rank, latest, send_at, confirmed_at, *rest in bulk.fetch(_ANSWERS):
        purpose, channel, reason, permitted, zone, country = rest
        if (zone, country) not in clocks:
            clocks[zone, country] = clock_of(shop, zone, country)
        planned = Planned(
            pk, customer_id, measure_id, rank, moment(latest), moment(send_at), moment(confirmed_at)
        )  # fmt: skip
        permit_ = None if permitted is None else permit(permitted)
        rows.append(Asked(planned, purpose, channel, reason, permit_, clocks[zone, country]))
    return sorted(rows, key=lambda one: one.row.order)


def _welcome(moment: datetime, clock: Clock) -> datetime | None:
    return next_welcome(moment, clock)


def _confirm(one: Asked, taken: Taken | None, welcome: Any, ends: Any, now: datetime) -> tuple[Outcome | None, Verdict]:
    row, reason = one.row, one.reason
    if not reason and taken is not None and not keeps_budget(row, taken, now):
        reason = "budget"
    if not reason and row.send_at is not None and now < row.send_at:
        return None, Verdict(False, "quiet", until=row.send_at)
    at = None if reason or now > row.latest else now if one.is_prompt else welcome(now, one.clock)
    if not reason and (at is None or at > row.latest):
        at = now if one.purpose == Purpose.SERVICE and now <= row.latest else None
        reason = "" if at else "too_late"
    if reason or at is None or one.permit is None:
        if taken is not None:
            taken.grants = [other for other in taken.grants if other.pk != row.pk]
        return Outcome(row, Status.REFUSED, reason), Verdict(False, reason)
    if at > now:
        data = {"send_at": at.isoformat()}
        put_off = Outcome(row, Status.GRANTED, "quiet", at, one.permit.consent_id, data=data)
        return put_off, Verdict(False, "quiet", until=at)
    if taken is not None:
        for other in taken.grants:
            if other.pk == row.pk:
                other.confirmed_at = now
    end = ends(now, one.clock)
    at_any_hour = end is None or one.is_prompt or one.purpose == Purpose.SERVICE
    until = row.latest if end is None or at_any_hour else min(row.latest, end)
    yes = Outcome(row, Status.GRANTED, OK, row.send_at, one.permit.consent_id, confirmed_at=now)
    return yes, Verdict(True, OK, one.permit.consent_id, until)


def _write(shop: Shop, outcomes: list[Outcome], now: datetime) -> None:
    """Writes the answers: one update of the requests, one insert of Decisions (a plain yes at sending needs none)."""
    moment = bulk.moments()
    at = moment(now)
    # A plain yes changes no column that an index holds: far the most frequent answer, and the cheapest.
    bulk.update(
        ContactRequest,
        ("consent_id", "decided_at", "confirmed_at"),
        [(one.consent_id, at, moment(one.confirmed_at), one.row.pk) for one in outcomes if one.reason == OK],
    )
    others = [one for one in outcomes if one.reason != OK]
    if not others:
        return
    bulk.update(
        ContactRequest,
        ("status", "reason", "send_at", "consent_id", "decided_at", "confirmed_at"),
        [
            (
                one.status, one.reason if one.status == Status.REFUSED else "", moment(one.send_at), one.consent_id, at,
                moment(one.confirmed_at), one.row.pk,
            )
            for one in others
        ],
    )  # fmt: skip
    bulk.insert(
        Decision,
        DECISION,
        [
            (
                shop.pk, one.row.customer_id, one.row.measure_id, one.row.pk, at, Decision.Stage.SEND.value,
                Decision.Outcome.POSTPONED.value if one.reason == "quiet" else Decision.Outcome.REFUSED.value,
                one.reason, json.dumps(one.data),
            )
            for one in others
        ],
    )  # fmt: skip
