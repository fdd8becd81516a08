"""Rehearsing a journey: asked for as a row, worked off page by page, told as figures. It writes no row but its own."""

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from regulars.core.claim import claim, held, settle
from regulars.core.models import Shop, Staff
from regulars.insights import effects
from regulars.journeys.document import checked
from regulars.journeys.kinds import trigger_kinds
from regulars.journeys.models import JourneyDraft
from regulars.journeys.past import Rehearsal
from regulars.journeys.rehearsal.tryout import Sums, path_of, people_after, try_page
from regulars.know.customers.models import Customer

log = structlog.get_logger("regulars.journeys")

YEAR = timedelta(days=365)
PAGE = 2000
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = 3


@transaction.atomic
def rehearse(draft: JourneyDraft, now: datetime, staff: Staff | None = None) -> Rehearsal:
    """Asks for a rehearsal of a draft as it is now; one that is still running is given up.

    Raises Refused with the problems of a draft that could not be published either.
    """
    fresh = JourneyDraft._base_manager.select_related("shop").get(pk=draft.pk)
    document = checked(fresh.document)
    running = Rehearsal._base_manager.filter(draft=fresh, status__in=(Rehearsal.Status.DUE, Rehearsal.Status.CLAIMED))
    running.update(status=Rehearsal.Status.CANCELLED, due_at=None, lease_token="", ended_at=now)
    # What is shown needs no wording: the texts of mails may be large.
    light = {name: value for name, value in document.items() if name != "messages"}
    living = Customer._base_manager.filter(shop=fresh.shop, merged_into=None, erased_at=None)
    return Rehearsal._base_manager.create(
        shop=fresh.shop,
        draft=fresh,
        document=light,
        revision=fresh.revision,
        since=now - YEAR,
        until=now,
        of_all=living.count(),
        due_at=now,
        created_at=now,
        created_by=staff,
    )


def rehearse_page(shop: Shop, now: datetime, limit: int = PAGE) -> int:
    """Tries the next page of customers of one rehearsal; returns customers asked, at least 1 where one was due.

    The page and how far it went are one update: killed at any instant, nobody is counted twice or left out.
    """
    claimed = claim(Rehearsal._base_manager.filter(shop=shop), now=now, lease=LEASE, limit=1)
    if not claimed:
        return 0
    row: Rehearsal = claimed.rows[0]
    try:
        people = people_after(shop, row.after, limit)
        sums = Sums(**{one.name: row.sums[one.name] for one in fields(Sums) if one.name in row.sums})
        if people:
            try_page(shop, row.document, people, row.since, row.until, sums)
        is_last = len(people) < limit
        result = result_of(shop, row, sums) if is_last else {}
    except Exception as error:
        log.exception("a rehearsal failed", rehearsal=row.pk)
        with held(claimed) as rows:
            is_over = row.attempts >= GIVE_UP_AFTER
            settle(
                rows,
                Rehearsal.Status.FAILED if is_over else Rehearsal.Status.DUE,
                due_at=None if is_over else now + timedelta(minutes=1),
                error=repr(error)[:300],
                ended_at=now if is_over else None,
            )
        return 1
    with held(claimed) as rows:
        changes: dict[str, Any] = {"sums": asdict(sums), "asked": row.asked + len(people), "attempts": 0, "error": ""}
        if is_last:
            settle(rows, Rehearsal.Status.DONE, due_at=None, result=result, ended_at=now, **changes)
        else:
            settle(rows, Rehearsal.Status.DUE, due_at=now, after=max(people), **changes)
    return max(1, len(people))


def result_of(shop: Shop, row: Rehearsal, sums: Sums) -> dict[str, Any]:
    """What pages tell of a rehearsal that has asked everybody. Three queries."""
    document = row.document
    holdout = float(document.get("holdout", 0.1))
    trigger = dict(document["trigger"])
    audience = trigger_kinds()[trigger.pop("kind")].audience(shop, trigger, row.until)
    days = max(1, (row.until - row.since).days)
    smallest = effects.smallest_visible(
        shop, audience, holdout, document.get("outcome_days", 30), row.until, size=sums.customers
    )
    return {
        "enrolled": sums.enrolled,
        "customers": sums.customers,
        "a_day": round(sums.enrolled / days, 1),
        "most_a_day": max(sums.days.values(), default=0),
        "mails": sums.mails,
        "over_budget": sums.over_budget,
        "too_soon": sums.too_soon,
        "contacts": sums.contacts,
        "refused": dict(sorted(sums.refused.items(), key=lambda pair: -pair[1])),
        "days": dict(sorted(sums.days.items())),
        "ordered": sums.ordered,
        "asks": {key: after.total_seconds() / 86400 for key, after in path_of(document["steps"]).asks.items()},
        "notes": sums.notes,
        "holdout": holdout,
        "smallest_points": None if smallest.ordered is None else 100 * smallest.ordered,
        "smallest_revenue": smallest.revenue,
        "base": smallest.base_ordered,
    }
