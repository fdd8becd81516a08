"""The calendar: a month, a week, or a list of what comes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.journeys.calendar.forecast import Forecast, about
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.neglected import neglected_segment
from regulars.journeys.calendar.plan import Item, Plan, plan_of

from .shown import Shown, shower

VIEWS = {"month": gettext_lazy("Month"), "week": gettext_lazy("Week"), "list": gettext_lazy("List")}
LISTED = 90
"""Days that the list looks ahead."""
ROWS = 60
"""Rows of a page of the list."""
MOST = {"month": 5, "week": 40}
"""Items of a day; the month leads to the week for more, the week to the list."""
NEXT_VIEW = {"month": "week", "week": "list"}
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
    now = clock.now()
    today = clock.local_date(now, shop.timezone)
    day = day_of(request.GET.get("day", ""), today)
    first, last, before, after = _span(view, day)
    plan = plan_of(shop, first, last, now)
    show = shower(shop, request.permissions)  # type: ignore[attr-defined]
    address = reverse("shop:calendar", args=[shop.slug])
    context: dict[str, Any] = {
        "view": view,
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
        "neglected": neglected_segment(),
        "is_empty": plan.is_empty and not CalendarEntry.objects.exists(),
    }
    if view == "list":
        rows = list(_listed(plan))
        shown = Paginator(rows, ROWS).get_page(request.GET.get("page"))
        context["page"] = shown
        context["rows"] = [(one, show(item)) for one, item in shown.object_list]
    else:
        context["weekdays"] = [first + timedelta(days=number) for number in range(7)]
        context["next_view"] = NEXT_VIEW[view]
        context["days"] = [_cell(one, plan.days.get(one, []), view, day, today, show) for one in _days(first, last)]
    return render(request, "calendar/calendar.html", context)


def _listed(plan: Plan) -> Iterator[tuple[date, Item]]:
    """Each item on its first day; of forecasts one for each week, at the first day that has one."""
    weeks: dict[date, int] = defaultdict(int)
    for day, items in plan.days.items():
        weeks[day - timedelta(days=day.weekday())] += sum(one.forecast.total for one in items if one.forecast)
    for day, items in plan.days.items():
        for item in items:
            if item.forecast is None and item.begins:
                yield day, item
            elif item.forecast is not None and (total := weeks.pop(day - timedelta(days=day.weekday()), 0)):
                yield day, Item("forecast", _("Running journeys this week"), forecast=Forecast(about(total), ()))


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


def _cell(
    day: date, items: list[Item], view: str, shown: date, today: date, show: Callable[[Item], Shown]
) -> dict[str, Any]:
    forecast = [one for one in items if one.what == "forecast"]
    others = [one for one in items if one.what != "forecast"]
    most = MOST[view]
    return {
        "day": day,
        "iso": day.isoformat(),
        "number": day.day,
        "items": [show(one) for one in others[:most]],
        "more": max(0, len(others) - most),
        "forecast": show(forecast[0]) if forecast else None,
        "is_today": day == today,
        "outside": view == "month" and day.month != shown.month,
    }
