"""The calendar: a month, a week, or a list of what comes."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.plan import Item, plan_of

VIEWS = {"month": gettext_lazy("Month"), "week": gettext_lazy("Week"), "list": gettext_lazy("List")}
LISTED = 90
"""Days that the list looks ahead."""
MOST = {"month": 5, "week": 40}
"""Items of a day; the month leads to the week for more."""
ICONS = {
    "mailing": "mail",
    "call": "phone",
    "event": "calendar-days",
    "promotion": "ticket-percent",
    "webinar": "monitor",
}
EARLIEST, LATEST = date(1971, 1, 1), date(2199, 12, 31)


@page(
    "calendar/",
    name="calendar",
    permission="view_figures",
    nav=Nav("measures", gettext_lazy("Calendar"), "calendar-days", order=25),
)
def calendar(request: HttpRequest, shop: Shop) -> HttpResponse:
    """`?view=month|week|list&day=2026-05-01`."""
    view = request.GET.get("view", "month")
    view = view if view in VIEWS else "month"
    today = clock.local_date(clock.now(), shop.timezone)
    day = day_of(request.GET.get("day", ""), today)
    first, last, before, after = _span(view, day)
    plan = plan_of(shop, first, last)
    found = plan.days
    address = reverse("shop:calendar", args=[shop.slug])
    days = [_cell(one, found.get(one, []), view, day, today) for one in _days(first, last)]
    context = {
        "view": view,
        "days": [one for one in days if one["items"]] if view == "list" else days,
        "weekdays": [first + timedelta(days=number) for number in range(7)],
        "title": day if view == "month" else first,
        "first": first,
        "last": last,
        "views": [
            {"title": title, "href": f"{address}?view={key}&day={day}", "current": key == view}
            for key, title in VIEWS.items()
        ],
        "before": f"{address}?view={view}&day={before}",
        "after": f"{address}?view={view}&day={after}",
        "today": f"{address}?view={view}",
        "plan": plan,
        "is_empty": not any(item.what != "holiday" for items in found.values() for item in items)
        and not CalendarEntry.objects.exists(),
    }
    return render(request, "calendar/calendar.html", context)


def day_of(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(day, EARLIEST), LATEST)


def _span(view: str, day: date) -> tuple[date, date, date, date]:
    """First and last day that are shown; a day of the span before, and of the one after."""
    if view == "list":
        return day, day + timedelta(days=LISTED - 1), day - timedelta(days=LISTED), day + timedelta(days=LISTED)
    if view == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6), day - timedelta(days=7), day + timedelta(days=7)
    start = day.replace(day=1)
    after = (start + timedelta(days=32)).replace(day=1)
    end = after - timedelta(days=1)
    first = start - timedelta(days=start.weekday())
    return first, end + timedelta(days=6 - end.weekday()), (start - timedelta(days=1)).replace(day=1), after


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _cell(day: date, items: list[Item], view: str, shown: date, today: date) -> dict[str, Any]:
    most = MOST.get(view, len(items))
    return {
        "day": day,
        "items": [{"item": item, "icon": _icon(item), "words": _words(item)} for item in items[:most]],
        "more": max(0, len(items) - most),
        "is_today": day == today,
        "outside": view == "month" and day.month != shown.month,
    }


def _icon(item: Item) -> str:
    if item.entry is not None and item.what == "entry":
        return ICONS.get(item.entry.kind, "circle-dot")
    return {"announcement": "bell", "campaign": "megaphone", "holiday": "star"}[item.what]


def _words(item: Item) -> str:
    """What sort of thing it is, for those who cannot see the icon, and for the list."""
    if item.entry is not None and item.what == "entry":
        return str(item.entry.get_kind_display())
    return {"announcement": _("announcement"), "campaign": _("campaign"), "holiday": _("public holiday")}[item.what]
