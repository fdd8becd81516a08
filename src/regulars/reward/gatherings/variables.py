"""What a message may say about the gathering a customer is asked to: the next to come that they have not declined."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables

from . import tokens
from .models import Attendance, Gathering

FIELDS = {
    "title": _("title of the gathering"),
    "text": _("what it is about"),
    "date": _("day on which it begins, such as 12 June 2026"),
    "time": _("hour at which it begins, such as 19:30"),
    "place": _("place, empty for one online"),
    "answer": _("the customer's answer: invited, yes, maybe or waiting"),
    "url": _("the customer's own page of the gathering, to answer"),
    "thanks": _("words afterwards: for who was there, or for who could not come"),
}
SAMPLE = {
    "title": "Hörabend im Laden", "text": "Neue Pressungen, gute Lautsprecher.", "date": "12. Juni 2026", "time": "19:30",
    "place": "Rillenweg 33, Berlin", "answer": "invited", "url": "https://example.com/g/abc",
    "thanks": "Schön, dass Sie da waren!",
}  # fmt: skip


@variables("gathering", fields=FIELDS, sample=SAMPLE)
def gathering(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Texts; all empty for who is asked to nothing that is still to come. Times in the shop's zone. One query."""
    rows = (
        Attendance._base_manager.select_related("gathering", "customer")
        .filter(shop=shop, customer_id__among=set(customer_ids), gathering__starts_at__gt=now)
        .filter(gathering__status__in=(Gathering.Status.OPEN, Gathering.Status.CLOSED))
        .exclude(status__in=(Attendance.Status.NO, Attendance.Status.CANCELLED))
        .order_by("-gathering__starts_at", "-pk")
    )
    found = {row.customer_id: _told(shop, row) for row in rows}
    nothing = dict.fromkeys(FIELDS, "")
    return {one: found.get(one, nothing) for one in customer_ids}


def of_gatherings(shop: Shop, pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The same of the gatherings that are named, for those on their lists: (customer, gathering) → field → value. One query."""
    rows = Attendance._base_manager.select_related("gathering", "customer").filter(
        shop=shop, customer_id__among={one for one, _gathering in pairs}, gathering_id__in={one for _one, one in pairs}
    )
    found = {(row.customer_id, row.gathering_id): row for row in rows}
    return {pair: _told(shop, found[pair]) for pair in pairs if pair in found}


def _told(shop: Shop, row: Attendance) -> dict[str, Any]:
    url = f"{settings.REGULARS_BASE_URL}/g/{tokens.make(row.pk, row.gathering.ends_at)}"
    return told(
        shop,
        row.gathering,
        row.customer.locale or shop.locale,
        row.status,
        url,
        was_there=row.checked_in_at is not None,
    )


def told(
    shop: Shop, what: Gathering, language: str, answer: str, url: str, *, was_there: bool = False
) -> dict[str, Any]:
    """The fields of one gathering in a language, for a customer with this answer and address to answer."""
    starts = what.starts_at.astimezone(ZoneInfo(shop.timezone))
    return {
        "title": what.title_in(language),
        "text": what.text_in(language),
        "date": format_date(starts.date(), "long", locale=language[:2]),
        "time": f"{starts:%H:%M}",
        "place": what.place,
        "answer": answer,
        "thanks": what.words_after(language, was_there=was_there),
        "url": url,
    }
