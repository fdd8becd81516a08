"""Gatherings in calendars: a mail with the customer's link carries a request, and what calendars answer counts as an answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.customers.models import Identity
from regulars.reach.messaging.appointments import Asked, CalendarAnswer, appointments, on_answers

from . import tokens
from .actions import Answer, answer
from .calendar import Ask, to_ics
from .models import Attendance, Gathering

SAYS = {"accepted": "yes", "declined": "no", "tentative": "maybe"}
SLACK = timedelta(minutes=10)
"""The clocks of calendars are not exact: an answer older than this before the one we have came late."""


@appointments
def ask_calendars(shop: Shop, asked: Mapping[int, Asked], now: datetime) -> dict[int, str]:
    """For mails in which the customer's page of a gathering is linked. One query, none where there is no such mail."""
    links = {pk: str(one.values["gathering.url"]) for pk, one in asked.items() if one.values.get("gathering.url")}
    named = {pk: found for pk, url in links.items() if (found := tokens.number(url.rpartition("/")[2], now))}
    organizer = shop.reply_to or shop.sender_email
    if not named or not organizer:
        return {}
    rows = Attendance._base_manager.select_related("gathering", "customer").filter(
        shop=shop, gathering__ends_at__gt=now
    )
    rows = rows.filter(gathering__status__in=(Gathering.Status.OPEN, Gathering.Status.CLOSED))
    there = rows.in_bulk(set(named.values()))
    requests: dict[int, str] = {}
    for pk, attendance_id in named.items():
        row = there.get(attendance_id)
        if row is not None:
            ask = Ask(asked[pk].address, organizer, shop.sender_name or shop.name)
            language = row.customer.locale or shop.locale
            has_place = row.status == Attendance.Status.YES
            requests[pk] = to_ics(row, language, now, url=links[pk], with_address=has_place, ask=ask).decode()
    return requests


@on_answers
def take(shop: Shop, answers: Sequence[CalendarAnswer], now: datetime) -> None:
    """As if it had been said on the customer's page. Only for the appointment that we wrote, from an address of the
    customer whom we asked: an invitation that was passed on answers for nobody. What is older than the answer that is
    there, and what the gathering refuses (full, over), changes nothing.
    """
    named = [(one, found) for one in answers if (found := tokens.attendance_of(one.uid, now))]
    rows = Attendance._base_manager.filter(shop=shop, customer__erased_at=None).in_bulk(
        {found for _one, found in named}
    )
    addresses = set(
        Identity._base_manager.filter(
            shop=shop, kind="email", customer_id__in={row.customer_id for row in rows.values()}
        ).values_list("customer_id", "key")
    )
    for one, attendance_id in named:
        row = rows.get(attendance_id)
        if row is None or (row.customer_id, one.attendee.strip().lower()) not in addresses:
            continue
        if one.at and row.answered_at and one.at < row.answered_at - SLACK:
            continue
        said = Answer(
            row.customer_id, SAYS[one.says], guests=row.guests if one.says == "accepted" else 0, source="calendar"
        )
        try:
            answer(shop, row.gathering_id, [said], now)
        except Refused:
            continue
