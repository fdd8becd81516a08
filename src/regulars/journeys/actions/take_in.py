"""Taking in the customers of an occasion, page by page; and those whom a program names."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.claim import claim, held, settle
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.journeys.kinds import Entry, Page, trigger_kinds
from regulars.journeys.models import Intake, Journey
from regulars.know.customers.models import Customer

from .enrol import Enrolled, enrol

PAGE = 1000
LEASE = timedelta(minutes=5)


def take_in_page(shop: Shop, now: datetime, limit: int = PAGE) -> int:
    """Takes in one page of the occasion that is longest due; returns customers asked, at least 1 where one was due.

    The page and how far it went are one transaction: killed at any instant, nobody is left out or taken in twice.
    """
    claimed = claim(Intake._base_manager.filter(shop=shop), now=now, lease=LEASE, limit=1)
    with held(claimed) as rows:
        for intake in rows:
            journey = _journey_of(intake)
            if journey is None:
                settle([intake], Intake.Status.CANCELLED)
                return 1
            kind = trigger_kinds()[journey.definition["trigger"]["kind"]]
            page = kind.page(journey, intake.data, intake.after, now, limit)
            if not isinstance(page, Page):
                page = Page(page, page[-1].customer_id if len(page) >= limit else None)
            enrol(shop, journey, page.entries, now)
            if page.after is None:
                settle([intake], Intake.Status.DONE, due_at=None)
            else:
                settle([intake], Intake.Status.DUE, after=page.after)
            return max(1, len(page.entries))
    return 0


def _journey_of(intake: Intake) -> Journey | None:
    """The newest version, if it asks the same of its trigger; None where the measure stopped or asks another thing."""
    old = Journey._base_manager.get(pk=intake.journey_id)
    current: Journey | None = (
        Journey._base_manager.select_related("measure__goal", "shop")
        .filter(measure_id=old.measure_id, is_current=True, measure__status=Measure.Status.RUNNING)
        .first()
    )
    if current is None or _asked(current) != _asked(old):
        return None
    return current


def _asked(journey: Journey) -> dict[str, Any]:
    """The trigger without the name of its segment, which may have changed."""
    return {name: value for name, value in journey.definition["trigger"].items() if name != "name"}


@transaction.atomic
def enrol_called(
    shop: Shop, key: str, numbers: Sequence[str], idempotency_key: str, now: datetime
) -> tuple[Enrolled, list[str]]:
    """Takes in the customers with these numbers, for a program; returns what became of them, and the unknown numbers.

    The same idempotency_key again lets nobody in twice. Raises Refused for a journey that takes nobody in this way.
    """
    journey = (
        Journey._base_manager.select_related("measure__goal", "shop")
        .filter(shop=shop, measure__key=key, is_current=True)
        .first()
    )
    if journey is None:
        raise Refused(_("There is no journey called “%(key)s”.") % {"key": key}, code="unknown_journey")
    if journey.definition["trigger"]["kind"] != "api":
        raise Refused(
            _("“%(key)s” takes nobody in by a call: its trigger is another.") % {"key": key}, code="not_callable"
        )
    if journey.measure.status != Measure.Status.RUNNING:
        raise Refused(_("“%(key)s” is not running.") % {"key": key}, code="not_running")
    wanted = list(dict.fromkeys(numbers))
    living = Customer._base_manager.filter(shop=shop, number__among=wanted, erased_at=None)
    found = {number: merged or pk for number, pk, merged in living.values_list("number", "pk", "merged_into_id")}
    entry_key = f"api:{hashlib.sha256(idempotency_key.encode()).hexdigest()[:40]}"
    people = dict.fromkeys(found[number] for number in wanted if number in found)
    enrolled = enrol(shop, journey, [Entry(pk, entry_key) for pk in people], now)
    return enrolled, [number for number in wanted if number not in found]
