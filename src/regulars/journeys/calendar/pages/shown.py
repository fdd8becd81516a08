"""What a page shows of an item: plain words and addresses, worked out once, so that the template only writes them down."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.core.models import Shop
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.plan import Item

ICONS = {
    "mailing": "mail", "call": "phone", "event": "calendar-days", "promotion": "ticket-percent", "webinar": "monitor",
    "other": "circle-dot", "announcement": "bell", "campaign": "megaphone", "gathering": "users", "forecast": "route",
    "holiday": "star",
}  # fmt: skip
TONES = {"confirmed": "success", "planned": "info", "cancelled": "neutral"}


@dataclass(frozen=True)
class Shown:
    """icon, sort: what it is, as a drawing and in words. at: `10:00` or "". moves: what of it can be dragged: "entry",
    "announcement" or "". entry, seen, original: what moving has to tell. state, tone: a badge of the list.
    """

    icon: str
    sort: str
    title: str
    href: str
    at: str
    note: str
    is_off: bool
    begins: bool
    moves: str
    entry: int | None
    seen: int
    original: str
    state: str
    tone: str
    place: str
    segment: str
    announced: datetime | None
    parts: Any


def shower(shop: Shop, permissions: Iterable[str]) -> Callable[[Item], Shown]:
    """The function that shows items to somebody with these permissions, on the clock of the shop."""
    zone, may_plan = ZoneInfo(shop.timezone), "manage_measures" in permissions
    may_see_gatherings = "view_customers" in permissions
    pattern = {
        "entry": reverse("shop:calendar_entry", args=[shop.slug, 0]),
        "campaign": reverse("shop:campaign", args=[shop.slug, "-key-"]),
        "gathering": reverse("shop:gathering", args=[shop.slug, 0]),
    }
    words = _words()
    states: dict[tuple[str, str], str] = {}

    def state(item: Item) -> str:
        row = item.entry or item.campaign or item.gathering
        if row is None:
            return ""
        key = (item.what, row.status)
        if key not in states:
            states[key] = str(row.get_status_display())
        return states[key]

    def href(item: Item) -> str:
        if item.entry is not None:
            return pattern["entry"].replace("/0/", f"/{item.entry.pk}/") if may_plan else ""
        if item.campaign is not None:
            return pattern["campaign"].replace("-key-", item.campaign.key)
        if item.gathering is not None and may_see_gatherings:
            return pattern["gathering"].replace("/0/", f"/{item.gathering.pk}/")
        return ""

    def show(item: Item) -> Shown:
        entry = item.entry
        kind = entry.kind if entry is not None and item.what == "entry" else item.what
        segment = (entry or item.campaign).segment if entry or item.campaign else None  # type: ignore[union-attr]
        is_open = entry is not None and may_plan and not item.is_off and item.begins
        return Shown(
            icon=ICONS[kind],
            sort=words[kind],
            title=item.title,
            href=href(item),
            at=f"{item.at.astimezone(zone):%H:%M}" if item.at else "",
            note=_note(item, state),
            is_off=item.is_off,
            begins=item.begins,
            moves=item.what if is_open else "",
            entry=entry.pk if entry else None,
            seen=entry.sequence if entry else 0,
            original=item.original,
            state=state(item) if item.what != "announcement" else "",
            tone=TONES.get(entry.status, "neutral") if entry else "neutral",
            place=(entry.place if entry and item.what == "entry" else item.gathering.place if item.gathering else ""),
            segment=segment.name if segment else "",
            announced=entry.announced_at if entry and item.what == "entry" and not item.original else None,
            parts=item.forecast.measures if item.forecast else (),
        )

    return show


def _words() -> dict[str, str]:
    """The sorts of items and kinds of entries, as those hear them who do not see the icon."""
    return {
        **{kind: str(label) for kind, label in CalendarEntry.Kind.choices},
        "announcement": _("announcement"),
        "campaign": _("campaign"),
        "gathering": _("gathering"),
        "forecast": _("forecast"),
        "holiday": _("public holiday"),
    }


def _note(item: Item, state: Callable[[Item], str]) -> str:
    """What is to be said behind its title: numbers, else the state of what is kept elsewhere."""
    if item.forecast is not None:
        return about(item.forecast.total)
    if item.sent is not None and (item.sent or item.planned is not None):
        if item.planned is not None:
            words = {"sent": number(item.sent), "planned": number(item.planned)}
            return _("%(sent)s sent of %(planned)s planned") % words
        return ngettext("%(n)s sent", "%(n)s sent", item.sent) % {"n": number(item.sent)}
    return state(item) if item.campaign is not None or item.gathering is not None else ""


def number(value: int) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))


def about(value: int) -> str:
    """`about 120`"""
    return _("about %(n)s") % {"n": number(value)}
