"""Staff pages of insights: the overview, all figures with their definitions, one figure with the rows behind it."""

from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.figure_names import figure_names
from regulars.core.models import Shop
from regulars.core.money import digits
from regulars.core.pages import PAGES, Nav, page, panel, panels_of
from regulars.decide.segments.models import CustomerProfile

from . import board, costs_page, drilldown, kept, kpis, scores, snapshot
from .courses import DEFAULT, SPANS_OF_DAYS, months_of, spans_of
from .figures import REASONS, Kpi, Unit
from .periods import Period
from .sheets import ROWS

__all__ = ["costs_page"]  # a page by being imported

PAGE = ROWS
SPANS: dict[str, Any] = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("12 months"),
}
RFM_WORDS: dict[tuple[int, int], Any] = {
    (5, 5): gettext_lazy("Loyal buyers"),
    (5, 1): gettext_lazy("New"),
    (1, 5): gettext_lazy("Slipping away"),
    (1, 1): gettext_lazy("Long gone"),
}
"""(recency, frequency) → what to call the corner of the map."""


def _panels(request: HttpRequest, shop: Shop) -> list[dict[str, Any]]:
    return panels_of("overview", request, shop, None, getattr(request, "permissions", frozenset()))


@page("", name="overview", permission="view_figures", nav=Nav("start", gettext_lazy("Overview"), "layout-dashboard", 0))
def overview(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The figures of a span of days up to the last order, with trends, cohorts, RFM, and forecast against actual."""
    span = request.GET.get("days", DEFAULT)
    if span not in SPANS_OF_DAYS:
        span = DEFAULT
    shown = kept.board_of(shop, span, clock.now())
    if shown is None:
        return render(request, "insights/overview_empty.html", {"panels": _panels(request, shop)})
    said = shown.said
    start, end = (date.fromisoformat(day) for day in said["period"])
    backtest = said["backtest"]
    return render(
        request,
        "insights/overview.html",
        {
            "panels": _panels(request, shop),
            "spans": [{"title": title, "href": f"?days={key}", "current": key == span} for key, title in SPANS.items()],
            "as_of": shown.as_of,
            "is_fresh": snapshot.is_fresh(shop),
            "first_day": start,
            "last_day": end - timedelta(days=1),
            "data_from": board.day(said["first_day"]),
            "data_to": board.day(said["last_day"]),
            "tiles": [_tile(shop, tile, start, end) for tile in said["tiles"]],
            "revenue_chart": _revenue_chart(shop, said),
            "cohorts": _cohorts(said["cohorts"]),
            "cohort_columns": list(range(board.COHORTS)),
            "rfm": _rfm(said["rfm"]),
            "backtest": backtest,
            "backtest_chart": _backtest_chart(backtest),
            "backtest_until": board.day(backtest["fitted_until"]) if backtest else None,
            "fit": said["fit"],
        },
    )


@page(
    "figures/",
    name="figures",
    permission="view_figures",
    nav=Nav("figures", gettext_lazy("Figures"), "chart-column", 10),
)
def figures(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Every figure with its definition, and the shop's own value where the overview has it."""
    shown = kept.board_of(shop, "365", clock.now())
    own = {tile["key"]: tile for tile in shown.said["tiles"]} if shown else {}
    rows = []
    for one in kpis.definitions().values():
        tile = own.get(one.key)
        rows.append(
            {
                "kpi": one,
                "href": reverse("shop:figure", args=[shop.slug, one.key]),
                "value": tile["value"] if tile else None,
                "is_known": tile is not None,
                "reason": REASONS.get(tile["reason"] or "", "") if tile else "",
            }
        )
    return render(request, "insights/figures.html", {"rows": rows, "has_data": shown is not None})


@page("figures/<slug:key>/", name="figure", permission="view_figures")
def figure(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """One figure: its definition, its course by months, and the rows behind it in a period (`from`, `to` half-open).

    The spans of the overview are read from what is kept; other days are computed.
    """
    one = kpis.definitions().get(key)
    if one is None:
        raise Http404
    now = clock.now()
    at = snapshot.current(shop)
    if at is None or at.last_day is None:
        return render(request, "insights/figure.html", {"kpi": one})
    sheet = kept.sheet_of(shop, at, key)
    period = _period(request, (sheet.spans if sheet else spans_of(at))[DEFAULT])
    number = _page_number(request)
    found = sheet.found.get(period) if sheet and number == 1 else None
    as_of = sheet.as_of if sheet and found else at.as_of
    if found is None:
        found = drilldown.behind(shop, one, at, period, now=now, offset=(number - 1) * PAGE, limit=PAGE)
    months = sheet.months if sheet else months_of(at)
    course = sheet.course if sheet else drilldown.trend(shop, one, at, months, now)
    pager = Paginator(range(found.total), PAGE).get_page(number)
    places = digits(shop.currency)
    minor = None if found.figure.value is None else _shown(one, found.figure.value, places)
    return render(
        request,
        "insights/figure.html",
        {
            "kpi": one,
            "figure": found.figure,
            "value": minor,
            "interval": [_shown(one, edge, places) for edge in found.figure.interval]
            if found.figure.interval
            else None,
            "reason": REASONS.get(found.figure.reason or "", ""),
            "first_day": period.start,
            "last_day": period.end - timedelta(days=1),
            "kind": found.kind,
            "rows": found.rows(),
            "pager": pager,
            "chart": _course_chart(shop, one, months, [_shown(one, each, places) for each in course])
            if course
            else None,
            "cohorts": _cohorts(found.figure.detail.get("cohorts", {})),
            "cohort_columns": list(range(board.COHORTS)),
            "crumbs": [(_("Figures"), reverse("shop:figures", args=[shop.slug]))],
            "as_of": as_of,
            "may_see_people": "view_customers" in getattr(request, "permissions", ()),
            "has_customer_page": "customer" in PAGES,
        },
    )


@panel("customer", key="scores", title=gettext_lazy("Outlook"), permission="view_figures", order=20, place="side")
def customer_scores(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """What is expected of this customer in the next 12 months, with how sure that is."""
    profile = CustomerProfile.objects.filter(customer_id=subject.pk).first()
    if profile is None or profile.scored_at is None or profile.r is None:
        return None
    fitted = scores.last_fit(shop)
    return "insights/customer_scores.html", {
        "profile": profile,
        "backtest": fitted.backtest if fitted else None,
        "months": scores.HORIZON_MONTHS,
        "only_once": profile.churn_risk is None,
    }


def _period(request: HttpRequest, default: Period) -> Period:
    try:
        return Period(date.fromisoformat(request.GET["from"]), date.fromisoformat(request.GET["to"]))
    except (KeyError, ValueError):
        return default


def _page_number(request: HttpRequest) -> int:
    try:
        return max(1, min(int(request.GET.get("page", "1")), 100_000))
    except ValueError:
        return 1


def _shown(one: Kpi, value: Any, places: int) -> Any:
    """As filters and charts take it: money as whole minor units."""
    if value is None:
        return None
    return round(float(value) * 10**places) if one.unit is Unit.MONEY else float(value)


def _tile(shop: Shop, tile: dict[str, Any], start: date, end: date) -> dict[str, Any]:
    one = kpis.definitions()[tile["key"]]
    now, before = tile["value"], tile["before"]
    change, tone, direction = None, "flat", ""
    if now is not None and before:
        change = now - before if one.unit is Unit.SHARE else now / before - 1
        if abs(change) >= 0.0005:
            direction = "up" if change > 0 else "down"
            is_good = (change > 0) != (one.key in board.FALLING_IS_GOOD)
            tone = "flat" if one.key in board.NEUTRAL else "good" if is_good else "bad"
    return {
        "kpi": one,
        "unit": one.unit.value,
        "value": now,
        "change": None if change is None else abs(change),
        "points": None if change is None else 100 * abs(change),
        "tone": tone,
        "direction": direction,
        "reason": REASONS.get(tile["reason"] or "", ""),
        "interval": tile["interval"],
        "trend": [value for value in tile["trend"] if value is not None],
        "href": reverse("shop:figure", args=[shop.slug, one.key]) + f"?from={start}&to={end}",
    }


def _revenue_chart(shop: Shop, said: dict[str, Any]) -> dict[str, Any]:
    revenue = said["revenue"]
    series = [
        {"name": _("Existing customers"), "data": revenue["existing"], "stack": "all"},
        {"name": _("New customers"), "data": revenue["new"], "stack": "all", "tone": "accent"},
    ]
    if any(revenue["unknown"]):
        series.append({"name": _("Customer unknown"), "data": revenue["unknown"], "stack": "all", "tone": "neutral"})
    return {"type": "bar", "x": _months(said["months"]), "format": "money", "currency": shop.currency, "series": series}


def _backtest_chart(backtest: dict[str, Any] | None) -> dict[str, Any] | None:
    if not backtest or not backtest.get("track"):
        return None
    track = backtest["track"]
    return {
        "type": "line",
        "x": [_short_day(date.fromisoformat(point["end"])) for point in track],
        "format": "number",
        "min": 0,
        "series": [
            {"name": _("Forecast"), "data": _running([point["predicted"] for point in track]), "dashed": True},
            {"name": _("Actual"), "data": _running([point["actual"] for point in track]), "tone": "accent"},
        ],
    }


def _course_chart(shop: Shop, one: Kpi, months: list[Period], values: list[Any]) -> dict[str, Any]:
    formats = {Unit.MONEY: "money", Unit.SHARE: "percent"}
    return {
        "type": "bar" if one.unit in {Unit.COUNT, Unit.MONEY} else "line",
        "x": _months([period.start.isoformat() for period in months]),
        "format": formats.get(one.unit, "number"),
        "currency": shop.currency,
        "min": 0,
        "series": [{"name": str(one.title), "data": values}],
    }


def _cohorts(cohorts: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the heat map: shares by months since the first order, None for months to come."""
    rows = []
    for month, cohort in sorted(cohorts.items())[-board.COHORTS :]:
        shares: list[float | None] = [
            active / cohort["size"] if cohort["size"] else None for active in cohort["active"]
        ]
        shares = shares[: board.COHORTS]
        rows.append(
            {
                "label": _month(date.fromisoformat(f"{month}-01")),
                "size": cohort["size"],
                "cells": [*shares, *[None] * (board.COHORTS - len(shares))],
            }
        )
    return rows


def _rfm(cells: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Frequency 5 to 1, each recency 1 to 5: how many customers, over all monetary classes."""
    counted: dict[tuple[int, int], int] = {}
    for cell in cells:
        place = (cell["R"], cell["F"])
        counted[place] = counted.get(place, 0) + cell["customers"]
    everybody = sum(counted.values()) or 1
    return [
        [
            {
                "count": counted.get((recency, frequency), 0),
                "share": counted.get((recency, frequency), 0) / everybody,
                "label": RFM_WORDS.get((recency, frequency), ""),
            }
            for recency in range(1, 6)
        ]
        for frequency in range(5, 0, -1)
    ]


def _running(values: list[float]) -> list[float]:
    total = 0.0
    return [round(total := total + value, 1) for value in values]


def _months(starts: list[str]) -> list[str]:
    return [_month(date.fromisoformat(start)) for start in starts]


def _month(day: date) -> str:
    return str(format_date(day, "MMM y", locale=_locale()))


def _short_day(day: date) -> str:
    return str(format_date(day, "d MMM" if _locale() != "de" else "d. MMM", locale=_locale()))


def _locale() -> str:
    return "de" if (get_language() or "en").startswith("de") else "en_GB"


@figure_names
def _titles() -> dict[str, Any]:
    return {key: one.title for key, one in kpis.definitions().items()}
