"""What falls due in journeys: customers to take in by the clock, and enrolments to move on."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep
from regulars.decide.goals.models import Measure

from .actions import advance_batch, clear_stopped, enrol, rehearse_page, take_in_page, write_occasions
from .kinds import trigger_kinds
from .models import Enrolment, Journey

DOOR = 1000
"""Customers taken in by one call."""


@sweep("journeys.enrol", every=timedelta(minutes=1), serial=True, order=30)
def enrol_by_the_clock(shop: Shop, now: datetime) -> int:
    """Takes in one batch of those whose day has come or whom a start took in, and lets people leave stopped measures."""
    handled = 0
    journeys = Journey._base_manager.select_related("measure__goal", "shop").filter(shop=shop, is_current=True)
    for journey in journeys.filter(measure__status=Measure.Status.RUNNING):
        kind = trigger_kinds()[journey.definition["trigger"]["kind"]]
        handled += write_occasions(journey, kind.due_occasions(journey, now), now)
        entries = kind.find(journey, now, DOOR)
        if entries:
            handled += enrol(shop, journey, entries, now).written
        elif entries is not None and journey.takes_present:
            Journey._base_manager.filter(pk=journey.pk).update(takes_present=False)
    stopped = Measure._base_manager.filter(shop=shop, status=Measure.Status.STOPPED, kind="journey").filter(
        pk__in=Enrolment._base_manager.filter(
            shop=shop, status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED)
        ).values("journey__measure_id")
    )
    for measure in stopped.select_related("shop"):
        handled += clear_stopped(measure, now)
    return handled


@sweep("journeys.take_in", every=timedelta(seconds=10), serial=True, order=31)
def take_in(shop: Shop, now: datetime) -> int:
    """Takes in one page of the customers whom an occasion concerns: news of a product, a day of the calendar."""
    return take_in_page(shop, now)


@sweep("journeys.advance", every=timedelta(seconds=2), serial=False, order=40)
def advance(shop: Shop, now: datetime) -> int:
    """Moves one batch of due enrolments one step on; any number of workers at once."""
    return advance_batch(shop, now).claimed


@sweep("journeys.rehearse", every=timedelta(seconds=2), serial=True, order=92)
def rehearse(shop: Shop, now: datetime) -> int:
    """Tries a journey that is rehearsed on one page of customers. Only its own row is written."""
    return rehearse_page(shop, now)
