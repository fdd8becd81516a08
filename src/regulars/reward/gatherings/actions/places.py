"""Verbs of places: invite, answer, give back, move up. One gathering's places are given by one transaction at a time.

The row of the gathering is the lock (on SQLite a transaction that writes is alone anyway), and a constraint of the
database holds the number of persons below the capacity.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record
from regulars.reward.gatherings.event_types import GATHERING_ANSWERED, GATHERING_INVITED, GATHERING_MOVED_UP
from regulars.reward.gatherings.models import Attendance, Gathering

Status = Attendance.Status
SOURCE = "gatherings"
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people mix up when they read a ticket aloud."""
BATCH = 2000


@dataclass(frozen=True)
class Answer:
    """What a customer says: yes, maybe or no, with how many guests. source: where it was said."""

    customer_id: int
    says: str
    guests: int = 0
    source: str = ""
    introduced_by: int | None = None


def locked(shop: Shop, gathering_id: int) -> Gathering:
    """The gathering, held to the end of the transaction. Raises Refused where there is none."""
    found: Gathering | None = Gathering._base_manager.select_for_update().filter(shop=shop, pk=gathering_id).first()
    if found is None:
        raise Refused(_("There is no such gathering."), code="unknown_gathering")
    found.shop = shop
    return found


def hold(shop: Shop, gathering_ids: Collection[int]) -> list[Gathering]:
    """Several gatherings, held to the end of the transaction; in one order, so that no two wait for each other."""
    rows = Gathering._base_manager.select_for_update(of=("self",)).select_related("shop")
    return list(rows.filter(shop=shop, pk__among=set(gathering_ids)).order_by("pk"))


def about(gathering: Gathering) -> dict[str, object]:
    """What every Event of a gathering says, in the shop's language."""
    return {
        "gathering": gathering.pk,
        "title": gathering.title_in(gathering.shop.locale),
        "starts_at": gathering.starts_at.isoformat(),
    }


def new_ticket() -> str:
    """32^10, about 1.1e15: nobody guesses the ticket of another."""
    return get_random_string(10, ALPHABET)


@transaction.atomic
def invite(shop: Shop, gathering_id: int, customer_ids: Collection[int], now: datetime, *, source: str = "") -> int:
    """Puts customers on the list and writes an Event for each, by which a journey can write to them; returns how many are
    new. Who is on the list already, erased or merged into another is left out. The number of queries grows by batches of
    2,000 only. Raises Refused for a gathering that is cancelled or over.
    """
    gathering = locked(shop, gathering_id)
    if gathering.status in (Gathering.Status.CANCELLED, Gathering.Status.DRAFT) or now >= gathering.ends_at:
        raise Refused(_("Only to an open gathering can customers be invited."), code="not_open")
    wanted = set(customer_ids)
    living = Customer._base_manager.filter(shop=shop, pk__among=wanted, merged_into=None, erased_at=None, is_test=False)
    there = Attendance._base_manager.filter(gathering=gathering, customer_id__among=wanted)
    fresh = sorted(set(living.values_list("pk", flat=True)) - set(there.values_list("customer_id", flat=True)))
    Attendance._base_manager.bulk_create(
        (
            Attendance(
                shop=shop, gathering=gathering, customer_id=customer_id, ticket=new_ticket(), invited_at=now, source=source
            )
            for customer_id in fresh
        ),
        batch_size=BATCH,
    )  # fmt: skip
    said = about(gathering)
    facts = [
        Fact(GATHERING_INVITED, now, customer_id, said, f"gathering-invited:{gathering.pk}:{customer_id}")
        for customer_id in fresh
    ]
    return record(shop, facts, now=now, source=SOURCE)


@transaction.atomic
def answer(
    shop: Shop, gathering_id: int, answers: Sequence[Answer], now: datetime, *, at_the_door: bool = False
) -> dict[int, Attendance]:
    """Takes answers in their order and returns the attendance of each customer, as it is then.

    Yes takes a place for the customer and each guest, or goes to the waiting list when they do not fit. Who has a place
    and asks for more guests than fit keeps what they had. No from somebody with a place, or waiting, gives it back, and
    the next of the waiting list move up. Repeating an answer changes nothing. The number of queries does not grow with
    the answers. Raises Refused (nothing is changed then): not open, too many guests, full without a waiting list, erased.

    at_the_door: after the start, by staff.
    """
    gathering = locked(shop, gathering_id)
    leaving = all(one.says == Status.NO for one in answers)
    if not (gathering.takes_answers(now) or at_the_door or (leaving and gathering.gives_places(now))):
        raise Refused(_("This gathering takes no answers any more."), code="not_open")
    rows = _rows_of(shop, gathering, answers)
    changed: dict[int, Attendance] = {}
    taken = gathering.taken
    for one in answers:
        if one.says not in (Status.YES, Status.MAYBE, Status.NO):
            raise Refused(_("“%(says)s” is no answer: yes, maybe or no.") % {"says": one.says}, code="unknown_answer")
        if not 0 <= one.guests <= gathering.guests_each:
            raise Refused(
                _("At most %(guests)s guests each can be brought.") % {"guests": gathering.guests_each},
                code="too_many_guests",
            )
        row = rows[one.customer_id]
        before = (row.status, row.guests)
        taken += _apply(gathering, row, one, taken, now)
        if (row.status, row.guests) != before or row.pk is None:
            row.answered_at = now
            row.source = one.source or row.source
            changed[one.customer_id] = row
    _write(gathering, list(changed.values()), taken)
    record(
        shop,
        [
            Fact(GATHERING_ANSWERED, now, row.customer_id, {**about(gathering), "answer": row.status, "guests": row.guests})
            for row in changed.values()
        ],
        now=now,
        source=SOURCE,
    )  # fmt: skip
    for row in move_up(shop, gathering, now):
        if row.customer_id in rows:
            rows[row.customer_id] = row
    return {one.customer_id: rows[one.customer_id] for one in answers}


def _rows_of(shop: Shop, gathering: Gathering, answers: Sequence[Answer]) -> dict[int, Attendance]:
    """The attendance of each customer; a new one, not saved, for who was not invited."""
    wanted = {one.customer_id for one in answers}
    there = Attendance._base_manager.filter(gathering=gathering, customer_id__among=wanted)
    rows = {row.customer_id: row for row in there}
    missing = wanted - set(rows)
    if missing:
        living = Customer._base_manager.filter(shop=shop, pk__among=missing, merged_into=None, erased_at=None)
        if set(living.values_list("pk", flat=True)) != missing:
            raise Refused(_("There is no such customer."), code="unknown_customer")
    introduced = {one.customer_id: one.introduced_by for one in answers}
    for customer_id in sorted(missing):
        rows[customer_id] = Attendance(
            shop=shop, gathering=gathering, customer_id=customer_id, ticket=new_ticket(),
            introduced_by_id=introduced[customer_id],
        )  # fmt: skip
    return rows


def _apply(gathering: Gathering, row: Attendance, said: Answer, taken: int, now: datetime) -> int:
    """Changes the row as said; returns by how many persons the places taken change."""
    held = row.persons if row.status == Status.YES else 0
    if said.says == Status.YES:
        fits = gathering.capacity is None or taken - held + 1 + said.guests <= gathering.capacity
        if fits:
            row.status, row.guests, row.waiting_since = Status.YES, said.guests, None
            return row.persons - held
        if held:
            return 0
        if not gathering.has_waiting_list:
            raise Refused(_("All places are taken."), code="full")
        row.waiting_since = row.waiting_since if row.status == Status.WAITING else now
        row.status, row.guests = Status.WAITING, said.guests
        return 0
    had = row.status in (Status.YES, Status.WAITING)
    if said.says == Status.MAYBE:
        row.status = Status.MAYBE
    elif row.status != Status.CANCELLED:
        row.status = Status.CANCELLED if had else Status.NO
    row.guests, row.waiting_since = 0, None
    return -held


def _write(gathering: Gathering, rows: Iterable[Attendance], taken: int) -> None:
    rows = list(rows)
    Attendance._base_manager.bulk_create([row for row in rows if row.pk is None], batch_size=BATCH)
    Attendance._base_manager.bulk_update(
        [row for row in rows if row.pk is not None],
        ["status", "guests", "answered_at", "waiting_since", "source"],
        batch_size=BATCH,
    )
    if taken != gathering.taken:
        gathering.taken = taken
        gathering.save(update_fields=["taken"])


def move_up(shop: Shop, gathering: Gathering, now: datetime) -> list[Attendance]:
    """Gives free places to the waiting list in its order, and writes an Event for each who moved up; returns these.

    Who brings more guests than places are free is passed over and keeps the place in the order. The gathering must be
    locked by the caller.
    """
    left = gathering.left
    if not gathering.gives_places(now) or left == 0:
        return []
    waiting = Attendance._base_manager.filter(gathering=gathering, status=Status.WAITING).order_by(
        "waiting_since", "pk"
    )
    moved = []
    for row in waiting.iterator(BATCH):
        if left is None or row.persons <= left:
            left = None if left is None else left - row.persons
            row.status, row.waiting_since = Status.YES, None
            moved.append(row)
        if left == 0:
            break
    if moved:
        _write(gathering, moved, gathering.taken + sum(row.persons for row in moved))
        facts = [
            Fact(GATHERING_MOVED_UP, now, row.customer_id, {**about(gathering), "guests": row.guests}) for row in moved
        ]
        record(shop, facts, now=now, source=SOURCE)
    return moved


@transaction.atomic
def free_places_of(shop: Shop, gathering_ids: Collection[int], now: datetime) -> None:
    """Counts the places anew, after rows went away or were joined, and lets the waiting lists move up. The caller held
    the gatherings before it touched their rows.
    """
    gatherings = hold(shop, gathering_ids)
    placed = Attendance._base_manager.filter(gathering__in=gatherings, status=Status.YES)
    sums = placed.values_list("gathering_id").annotate(taken=Sum(F("guests") + 1)).order_by()
    counted: dict[int, int] = dict(sums)
    for gathering in gatherings:
        gathering.taken = counted.get(gathering.pk, 0)
        gathering.save(update_fields=["taken"])
        move_up(shop, gathering, now)
