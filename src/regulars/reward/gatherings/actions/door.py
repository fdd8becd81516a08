"""Verbs at the door: check in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.timeline.actions import Fact, record
from regulars.reward.gatherings.event_types import GATHERING_ATTENDED
from regulars.reward.gatherings.models import Attendance, Gathering

from .places import ALPHABET, SOURCE, Answer, about, answer, locked

EARLY, LATE = timedelta(hours=12), timedelta(hours=24)
"""So long before its start and after its end people can be checked in."""


@dataclass(frozen=True)
class Arrival:
    """Somebody is there. ticket, or the attendance: one of them. at: the moment, perhaps past. key: of the calling
    program, once for each arrival."""

    at: datetime
    key: str
    ticket: str = ""
    attendance_id: int | None = None


def tidy_ticket(text: str) -> str:
    """A ticket as people type it (lower case, blanks, dashes) as it is stored."""
    return "".join(text.upper().split()).replace("-", "")


@transaction.atomic
def check_in(shop: Shop, gathering_id: int, arrivals: Sequence[Arrival], now: datetime) -> list[Attendance]:
    """Notes who is there; returns the attendance of each arrival.

    Repeating a call, or checking the same person in twice, changes nothing but that the earliest moment counts. Who has no
    place takes one if one is free. A moment in the future is taken for now. Raises Refused (nothing is noted then):
    unknown ticket, too early or late, the key was used for somebody else, no place is free.
    """
    gathering = locked(shop, gathering_id)
    if gathering.status in (Gathering.Status.DRAFT, Gathering.Status.CANCELLED):
        raise Refused(_("This gathering does not take place."), code="not_open")
    found = _found(gathering, arrivals)
    _check_keys(shop, arrivals, found)
    without = {row.customer_id for row in found if row.status != Attendance.Status.YES}
    if without:
        if gathering.left is not None and gathering.left < len(without):
            raise Refused(_("All places are taken."), code="full")
        placed = answer(
            shop,
            gathering_id,
            [Answer(customer_id, Attendance.Status.YES, source="door") for customer_id in sorted(without)],
            now,
            at_the_door=True,
        )
        found = [placed.get(row.customer_id, row) for row in found]
    fresh: dict[int, Attendance] = {}
    noted: dict[int, Attendance] = {}
    for arrival, row in zip(arrivals, found, strict=True):
        at = min(arrival.at, now)
        if not gathering.starts_at - EARLY <= at <= gathering.ends_at + LATE:
            raise Refused(_("Nobody can be checked in at that time."), code="wrong_time")
        row = noted.setdefault(row.pk, row)
        if row.checked_in_at is None:
            row.checked_in_at, row.check_in_key = at, arrival.key
            fresh[row.pk] = row
        else:
            row.checked_in_at = min(row.checked_in_at, at)
    Attendance._base_manager.bulk_update(noted.values(), ["checked_in_at", "check_in_key"], batch_size=2000)
    facts = [
        Fact(GATHERING_ATTENDED, row.checked_in_at or now, row.customer_id, about(gathering), f"attended:{row.pk}")
        for row in fresh.values()
    ]
    record(shop, facts, now=now, source=SOURCE)
    return [noted[row.pk] for row in found]


def _found(gathering: Gathering, arrivals: Sequence[Arrival]) -> list[Attendance]:
    """The attendance that each arrival names."""
    rows = Attendance._base_manager.select_related("customer").filter(gathering=gathering)
    tickets = {tidy_ticket(one.ticket) for one in arrivals if one.ticket}
    by_ticket = {row.ticket: row for row in rows.filter(ticket__in=tickets)} if tickets else {}
    ids = {one.attendance_id for one in arrivals if not one.ticket and one.attendance_id is not None}
    by_id = {row.pk: row for row in rows.filter(pk__among=ids)} if ids else {}
    found = []
    for one in arrivals:
        row = by_ticket.get(tidy_ticket(one.ticket)) if one.ticket else by_id.get(one.attendance_id or 0)
        if row is None:
            shown = tidy_ticket(one.ticket)[:12]
            known = set(shown) <= set(ALPHABET)
            raise Refused(
                _("There is no ticket %(ticket)s for this gathering.") % {"ticket": shown if known else "?"},
                code="unknown_ticket",
            )
        found.append(row)
    return found


def _check_keys(shop: Shop, arrivals: Sequence[Arrival], found: Sequence[Attendance]) -> None:
    if any(not 1 <= len(one.key) <= 80 for one in arrivals):
        raise Refused(_("A key of 1 to 80 characters is needed for each arrival."), code="key_needed")
    owners = {one.key: row.pk for one, row in zip(arrivals, found, strict=True)}
    used = Attendance._base_manager.filter(shop=shop, check_in_key__in=list(owners))
    clash = any(owners[str(key)] != pk for pk, key in used.values_list("pk", "check_in_key"))
    if clash or any(owners[one.key] != row.pk for one, row in zip(arrivals, found, strict=True)):
        raise Refused(_("This key was used for somebody else."), code="key_used_elsewhere")
