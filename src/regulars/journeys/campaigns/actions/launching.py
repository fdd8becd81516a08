"""Launching a campaign: the plan is checked and frozen; when its moment has come the members are taken in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Staff
from regulars.decide.goals import actions as goals
from regulars.journeys import actions as journeys
from regulars.journeys.before_start import Found, everybody_words, is_said, look, must_be_ready
from regulars.journeys.campaigns.audience import is_everybody, reach_of
from regulars.journeys.campaigns.blueprint import STOP_AFTER, document_of
from regulars.journeys.campaigns.models import Arm, Campaign, arms_of
from regulars.journeys.document import Document
from regulars.journeys.kinds import Occasion
from regulars.journeys.local_time import at_hour, zone_of
from regulars.journeys.models import Journey
from regulars.know.customers.models import Customer

from .drafts import locked, problems

LAUNCH = "launch"
"""The occasion that takes the members in."""


@transaction.atomic
def launch(
    campaign: Campaign,
    now: datetime,
    staff: Staff | None = None,
    *,
    agreed: int | None = None,
    confirmed: str | None = None,
) -> Campaign:
    """Freezes a draft into a journey and plans it; one that goes out at once begins. A second call changes nothing.

    agreed: the number of people that somebody confirmed. confirmed: the fingerprint of the warnings that somebody has seen,
    None where a program launches it. Raises NotReady for errors in its mails and for warnings unconfirmed; Refused (code
    `everybody`) where the audience is a large share of all whom the shop can reach and that number is missing or another;
    Refused for all else that keeps it from going out.
    """
    row = locked(campaign)
    if row.status != Campaign.Status.DRAFT:
        return row
    arms = arms_of(row)
    found = problems(row, arms, now)
    if found:
        raise Refused("\n".join(words for _step, words in found), code="not_valid")
    _ask_again(row, agreed, now)
    document = document_of(row, arms)
    must_be_ready(row.shop, document, Document(document), now, confirmed=confirmed)
    measure = goals.create_measure(
        row.shop,
        row.key,
        row.name,
        row.goal,
        row.kpi,
        holdout_share=row.holdout_share,
        outcome_days=row.outcome_days,
        stop_rule={"after_days": STOP_AFTER},
        now=now,
        staff=staff,
    )
    journeys.publish(measure, document, now, staff)
    row.measure, row.status, row.agreed = measure, Campaign.Status.PLANNED, agreed
    row.begins_at, row.updated_at, row.updated_by = _beginning(row, now), now, staff
    row.save()
    audit("campaign.launched", now=now, shop=row.shop, staff=staff, target=row, begins_at=row.begins_at.isoformat())
    return begin(row, now) if row.begins_at <= now else row


def look_at(campaign: Campaign, arms: Sequence[Arm], now: datetime) -> list[Found]:
    """What is found in the mails of a draft without `problems`; nothing is changed."""
    document = document_of(campaign, arms)
    return look(campaign.shop, document, Document(document), now)


@transaction.atomic
def begin(campaign: Campaign, now: datetime) -> Campaign:
    """Starts a planned campaign whose moment has come. Idempotent; killed, it begins whole or not at all.

    Where the audience has grown to nearly everybody since the plan and nobody agreed to that, it pauses and asks.
    """
    row = locked(campaign)
    if row.status != Campaign.Status.PLANNED or row.begins_at is None or row.begins_at > now:
        return row
    if row.agreed is None and is_everybody(row, reach_of(row, now)):
        row.status, row.paused_at, row.pause_reason = Campaign.Status.PAUSED, now, "everybody"
        row.save(update_fields=["status", "paused_at", "pause_reason"])
        audit("campaign.paused", now=now, shop=row.shop, target=row, reason="everybody")
        return row
    return take_in(row, now)


def take_in(row: Campaign, now: datetime) -> Campaign:
    """Starts the measure and writes the occasion that takes the members in. In the transaction of the caller."""
    assert row.measure is not None
    goals.start_measure(row.measure, now)
    row.status, row.began_at, row.paused_at, row.pause_reason = Campaign.Status.SENDING, now, None, ""
    row.save(update_fields=["status", "began_at", "paused_at", "pause_reason"])
    journey = Journey._base_manager.get(measure=row.measure, is_current=True)
    data: dict[str, Any] = {"at": now.isoformat()}
    if row.timing == Campaign.Timing.LOCAL and row.day is not None:
        data["day"] = row.day.isoformat()
    journeys.write_occasions(journey, [Occasion(LAUNCH, data)], now)
    audit("campaign.began", now=now, shop=row.shop, target=row)
    return row


def _ask_again(row: Campaign, agreed: int | None, now: datetime) -> None:
    reach = reach_of(row, now)
    if not reach.allowed:
        raise Refused(_("Nobody would get it: nobody of the audience may be written to."), code="nobody")
    if not is_everybody(row, reach):
        return
    if not is_said(agreed, reach.allowed):
        raise Refused(everybody_words(reach.allowed), code="everybody")


def _beginning(row: Campaign, now: datetime) -> datetime:
    """When the members are taken in: by the clock of each customer, as soon as the day begins anywhere."""
    if row.timing == Campaign.Timing.MOMENT and row.starts_at is not None:
        return max(now, row.starts_at)
    if row.timing == Campaign.Timing.LOCAL and row.day is not None:
        names = Customer._base_manager.filter(shop=row.shop).values_list("timezone", flat=True).order_by().distinct()
        starts = [at_hour(row.day, zone_of(name, row.shop), 0).astimezone(now.tzinfo) for name in {*names, ""}]
        return max(now, min(starts))
    return now
