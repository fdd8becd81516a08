"""Verbs of the gathering itself: create, change, open, close, cancel."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.scoping import scope
from regulars.know.timeline.actions import Fact, record
from regulars.reward.gatherings.event_types import GATHERING_CANCELLED, GATHERING_OPENED
from regulars.reward.gatherings.models import Attendance, Gathering

from .places import SOURCE, about, locked, move_up

Status = Gathering.Status


@transaction.atomic
def create(shop: Shop, *, now: datetime, staff: Staff | None = None, **fields: Any) -> Gathering:
    """Makes a draft. Raises Refused naming what does not fit."""
    gathering = Gathering(shop=shop, created_at=now, **fields)
    _check(shop, gathering)
    gathering.save()
    audit("gathering.created", now=now, shop=shop, staff=staff, target=gathering)
    return gathering


@transaction.atomic
def change(shop: Shop, gathering_id: int, *, now: datetime, staff: Staff | None = None, **fields: Any) -> Gathering:
    """Changes a gathering; more places go to the waiting list at once. Raises Refused naming what does not fit."""
    gathering = locked(shop, gathering_id)
    if gathering.status == Status.CANCELLED:
        raise Refused(_("The gathering is cancelled: make a new one instead."), code="cancelled")
    for name, value in fields.items():
        setattr(gathering, name, value)
    _check(shop, gathering)
    if gathering.capacity is not None and gathering.capacity < gathering.taken:
        raise Refused(
            _("%(taken)s places are taken already: not fewer than that can be offered.") % {"taken": gathering.taken},
            code="places_taken",
        )
    gathering.save()
    move_up(shop, gathering, now)
    audit("gathering.changed", now=now, shop=shop, staff=staff, target=gathering, fields=sorted(fields))
    return gathering


def _check(shop: Shop, gathering: Gathering) -> None:
    problems = []
    gathering.titles = {locale: text.strip() for locale, text in gathering.titles.items() if text.strip()}
    gathering.texts = {locale: text.strip() for locale, text in gathering.texts.items() if text.strip()}
    if not gathering.titles:
        problems.append(_("a title in at least one language is needed"))
    if any(len(title) > 120 for title in gathering.titles.values()):
        problems.append(_("a title has at most 120 characters"))
    if not gathering.place and not gathering.online_url:
        problems.append(_("a place or an online address is needed"))
    if gathering.ends_at <= gathering.starts_at:
        problems.append(_("it must end after it starts"))
    if not problems:
        try:
            with scope(shop=shop):
                gathering.full_clean(exclude=["titles"], validate_constraints=False)
        except ValidationError as error:
            problems += [f"{name}: {' '.join(words)}" for name, words in error.message_dict.items()]
    if problems:
        told = "; ".join(str(problem) for problem in problems)
        raise Refused(_("The gathering cannot be saved: %(problems)s") % {"problems": told}, code="not_valid")


@transaction.atomic
def open_up(shop: Shop, gathering_id: int, *, now: datetime, staff: Staff | None = None) -> Gathering:
    """From now on customers may answer. Idempotent. Raises Refused for one that is cancelled or has begun."""
    gathering = locked(shop, gathering_id)
    if gathering.status == Status.OPEN:
        return gathering
    if gathering.status == Status.CANCELLED:
        raise Refused(_("The gathering is cancelled: make a new one instead."), code="cancelled")
    if now >= gathering.starts_at:
        raise Refused(_("The gathering has begun already: change its time first."), code="begun")
    _set(shop, gathering, Status.OPEN, now, staff)
    told = {**about(gathering), "kind": gathering.kind}
    record(shop, [Fact(GATHERING_OPENED, now, None, told, f"gathering-opened:{gathering.pk}")], now=now, source=SOURCE)
    move_up(shop, gathering, now)
    return gathering


@transaction.atomic
def close(shop: Shop, gathering_id: int, *, now: datetime, staff: Staff | None = None) -> Gathering:
    """Customers may not answer any more, but still give a place back. Idempotent."""
    gathering = locked(shop, gathering_id)
    if gathering.status == Status.OPEN:
        _set(shop, gathering, Status.CLOSED, now, staff)
    return gathering


@transaction.atomic
def cancel(shop: Shop, gathering_id: int, *, now: datetime, staff: Staff | None = None) -> int:
    """Calls the gathering off; returns how many customers get the Event by which a journey can tell them. Idempotent.

    They are those who are coming, perhaps coming, waiting, or were invited and have not answered. Answers stay as they
    are.
    """
    gathering = locked(shop, gathering_id)
    if gathering.status == Status.CANCELLED:
        return 0
    if now >= gathering.ends_at:
        raise Refused(_("The gathering is over."), code="over")
    was_draft = gathering.status == Status.DRAFT
    _set(shop, gathering, Status.CANCELLED, now, staff)
    if was_draft:
        return 0
    told = Attendance._base_manager.filter(gathering=gathering).exclude(
        status__in=(Attendance.Status.NO, Attendance.Status.CANCELLED)
    )
    facts = [
        Fact(
            GATHERING_CANCELLED,
            now,
            customer_id,
            {**about(gathering), "answer": status},
            f"gathering-cancelled:{gathering.pk}:{customer_id}",
        )
        for customer_id, status in told.values_list("customer_id", "status")
    ]
    return record(shop, facts, now=now, source=SOURCE)


def _set(shop: Shop, gathering: Gathering, status: str, now: datetime, staff: Staff | None) -> None:
    gathering.status = status
    gathering.save(update_fields=["status"])
    audit(
        f"gathering.{'opened' if status == Status.OPEN else status}", now=now, shop=shop, staff=staff, target=gathering
    )


def close_over(shop: Shop, now: datetime) -> int:
    """Closes those that are over; returns how many. One update."""
    over = Gathering._base_manager.filter(shop=shop, status=Status.OPEN, ends_at__lte=now)
    return over.update(status=Status.CLOSED)
