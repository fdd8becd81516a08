"""A campaign under way: pause, resume, cancel, and what the sweep straightens so that nothing is lost on the way."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Staff
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Measure
from regulars.journeys import actions as journeys
from regulars.journeys.before_start import is_said
from regulars.journeys.campaigns.audience import is_everybody, reach_of
from regulars.journeys.campaigns.blueprint import REST
from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.models import Enrolment, Intake, Journey
from regulars.reach.messaging import actions as messaging

from .drafts import locked
from .launching import take_in

CHUNK = 2000
"""Rows changed in one transaction."""

UNDER_WAY = (Campaign.Status.PLANNED, Campaign.Status.SENDING, Campaign.Status.PAUSED)


def pause(campaign: Campaign, now: datetime, staff: Staff | None = None) -> Campaign:
    """Holds everything that was not handed over. What the sender has in its hands at this moment still goes out.

    The pause itself is one transaction, after which no further message is queued; what is queued is then held in chunks.
    Killed in between, the sweep goes on holding.
    """
    with transaction.atomic():
        row = locked(campaign)
        if row.status == Campaign.Status.PAUSED:
            return row
        if row.status != Campaign.Status.SENDING:
            raise Refused(_("“%(name)s” is not being sent.") % {"name": row.name})
        row.status, row.paused_at, row.pause_reason = Campaign.Status.PAUSED, now, "staff"
        row.save(update_fields=["status", "paused_at", "pause_reason"])
        audit("campaign.paused", now=now, shop=row.shop, staff=staff, target=row)
    while straighten(row, now):
        pass
    return row


def resume(campaign: Campaign, now: datetime, staff: Staff | None = None, *, agreed: int | None = None) -> Campaign:
    """Goes on where it was paused; what was held asks the gate anew. agreed: where it paused because of nearly everybody."""
    with transaction.atomic():
        row = locked(campaign)
        if row.status != Campaign.Status.PAUSED:
            return row
        if row.began_at is None:
            reach = reach_of(row, now)
            if is_everybody(row, reach) and not is_said(agreed, reach.allowed):
                raise Refused(_("Confirm the number of people to whom it goes: %(n)s.") % {"n": reach.allowed})
            row.agreed = agreed
            row.save(update_fields=["agreed"])
            return take_in(row, now)
        row.status, row.paused_at, row.pause_reason = Campaign.Status.SENDING, None, ""
        row.save(update_fields=["status", "paused_at", "pause_reason"])
        audit("campaign.resumed", now=now, shop=row.shop, staff=staff, target=row)
    while straighten(row, now):
        pass
    return row


def cancel(campaign: Campaign, now: datetime, staff: Staff | None = None) -> Campaign:
    """Ends it for good: what was not handed over is withdrawn, codes that nobody saw are cancelled. Idempotent."""
    with transaction.atomic():
        row = locked(campaign)
        if row.status == Campaign.Status.CANCELLED:
            return row
        if row.status not in UNDER_WAY or row.measure is None:
            raise Refused(_("“%(name)s” is not under way.") % {"name": row.name})
        row.status, row.ended_at = Campaign.Status.CANCELLED, now
        row.save(update_fields=["status", "ended_at"])
        goals.stop_measure(row.measure, now, staff, reason="cancelled")
        audit("campaign.cancelled", now=now, shop=row.shop, staff=staff, target=row)
    row.measure.shop = row.shop
    while journeys.clear_stopped(row.measure, now, CHUNK):
        pass
    return row


def straighten(campaign: Campaign, now: datetime, limit: int = CHUNK) -> int:
    """Brings messages and enrolments into line with the state of the campaign, one chunk; returns how many changed.

    Paused: what is queued or due is held. Sending: what is held goes on; those who wait for a winner that is known go on.
    """
    with transaction.atomic():
        row = locked(campaign)
        if row.measure_id is None:
            return 0
        if row.status == Campaign.Status.PAUSED:
            return messaging.hold(row.shop, row.measure_id, HELD, now, limit)
        if row.status == Campaign.Status.SENDING:
            until = now + timedelta(hours=row.within_hours)
            released = messaging.release(row.shop, row.measure_id, HELD, now, until, limit)
            return released + _wake(row, now, limit)
    return 0


def _wake(row: Campaign, now: datetime, limit: int) -> int:
    """Enrolments that were held at their message, and, once there is a winner, those who wait for it."""
    held = Enrolment._base_manager.select_for_update(of=("self",)).filter(
        journey__measure=row.measure, status=Enrolment.Status.DUE, due_at=HELD
    )
    if not row.winner:
        held = held.exclude(step=REST)
    rows = list(held.order_by("pk").values_list("pk", "step")[:limit])
    by_step: dict[str, list[int]] = {}
    for pk, step in rows:
        arm, _dash, what = step.partition("-")
        by_step.setdefault(f"{arm}-pace" if what == "send" and row.per_hour else step, []).append(pk)
    for step, ids in by_step.items():
        Enrolment._base_manager.filter(pk__among=set(ids), status=Enrolment.Status.DUE, due_at=HELD).update(
            step=step, step_at=now, due_at=now
        )
    return len(rows)


@transaction.atomic
def finish(campaign: Campaign, now: datetime) -> bool:
    """Ends a campaign when everybody is through; whether it did."""
    row = locked(campaign)
    if row.status != Campaign.Status.SENDING or row.measure is None:
        return False
    if row.measure.status == Measure.Status.STOPPED:
        # Somebody stopped the measure on its own page, or its stop rule did.
        row.status, row.ended_at = Campaign.Status.CANCELLED, now
        row.save(update_fields=["status", "ended_at"])
        audit("campaign.cancelled", now=now, shop=row.shop, target=row, reason="stopped")
        return True
    if row.waits_for_winner and not row.winner:
        return False
    if is_open(row):
        return False
    row.status, row.ended_at = Campaign.Status.DONE, now
    row.save(update_fields=["status", "ended_at"])
    goals.stop_measure(row.measure, now, reason="done")
    audit("campaign.done", now=now, shop=row.shop, target=row)
    return True


def is_open(row: Campaign, *, but_waiting: bool = False) -> bool:
    """Whether members are still being taken in, or are on the way; `but_waiting` leaves those out who wait for the winner."""
    journey = Journey._base_manager.filter(measure=row.measure, is_current=True).first()
    if journey is None:
        return False
    taking_in = Q(status=Intake.Status.DUE) | Q(status=Intake.Status.CLAIMED)
    if Intake._base_manager.filter(taking_in, journey=journey).exists():
        return True
    moving = Enrolment._base_manager.filter(
        journey=journey, status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED)
    )
    return bool((moving.exclude(step=REST) if but_waiting else moving).exists())
