"""The list of gatherings, one gathering with who comes, and its attendance as a file."""

import csv
import io
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.core.tallies import counted
from regulars.core.turning import turned
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.reward.gatherings import actions
from regulars.reward.gatherings.forms import LOCALES
from regulars.reward.gatherings.models import Attendance, Gathering
from regulars.reward.gatherings.tallies import ANSWERS, ATTENDED

PAGE = 50
JOURNEY = "journey:"
"""How the source of an attendance begins whom a journey asked; the number of its measure follows."""
Status = Attendance.Status


def crumbs(shop: Shop, gathering: Gathering | None = None) -> list[tuple[str, str]]:
    """The way back to the list, and to a gathering."""
    way = [(_("Gatherings"), reverse("shop:gatherings", args=[shop.slug]))]
    return (
        way
        if gathering is None
        else [*way, (str(gathering), reverse("shop:gathering", args=[shop.slug, gathering.pk]))]
    )


def numbers(gatherings: list[Gathering]) -> dict[int, dict[str, int]]:
    """Of each gathering: customers by status, and `there`. Two queries, from kept numbers."""
    ids = [one.pk for one in gatherings]
    answers, there = counted(ANSWERS, ids), counted(ATTENDED, ids)
    return {
        pk: {status: answers[pk].get((status,), 0) for status in Status.values} | {"there": sum(there[pk].values())}
        for pk in ids
    }


@page(
    "gatherings/",
    name="gatherings",
    permission="view_gatherings",
    nav=Nav("measures", gettext_lazy("Gatherings"), "calendar-days", order=45),
)
def gatherings(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All gatherings, the latest first, with their numbers."""
    turning = turned(Gathering.objects.all(), ("-starts_at", "-pk"), request.GET, PAGE)
    found = numbers(turning.rows)
    now = clock.now()
    rows = [{"gathering": one, "numbers": found[one.pk], "is_over": now >= one.ends_at} for one in turning.rows]
    return render(
        request, "gatherings/gatherings.html", {"rows": rows, "before": turning.before, "after": turning.after}
    )


@page("gatherings/<int:pk>/", name="gathering", permission="view_customers")
def gathering(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """One gathering: how many come, who they are, and inviting a segment, whose number is shown first."""
    found: Gathering = get_object_or_404(Gathering.objects.select_related("measure"), pk=pk)
    rows = Attendance.objects.filter(gathering=found).select_related("customer", "introduced_by")
    status = request.GET.get("status", "")
    status = status if status in Status.values else ""
    turning = turned(rows.filter(status=status) if status else rows, ("pk",), request.GET, PAGE)
    counts = numbers([found])[found.pk]
    tabs: list[dict[str, Any]] = [
        {"title": title, "href": f"?status={key}", "current": key == status, "count": counts[key] if key else None}
        for key, title in (("", _("All")), *Status.choices)
    ]
    now = clock.now()
    context = {
        "gathering": found,
        "text": found.text_in(str(get_language() or shop.locale)),
        "is_over": now >= found.ends_at,
        "has_begun": now >= found.starts_at,
        "numbers": counts,
        "rows": turning.rows,
        "before": turning.before,
        "after": turning.after,
        "status": status,
        "tabs": tabs,
        "crumbs": crumbs(shop),
        "segments": Segment.objects.filter(shop=shop).order_by("name"),
        "asked": _asked(request, found),
        "may_answer": found.takes_answers(now),
        "guest_choices": range(found.guests_each + 1),
        "photos": found.photos.select_related("media") if now >= found.starts_at else (),
        "words_after": _after(found, now),
        "measures": _measures(found),
    }
    return render(request, "gatherings/gathering.html", context)


def _after(gathering: Gathering, now: datetime) -> list[dict[str, Any]]:
    """The words of afterwards as fields: of each language, for those who were there and those who were not."""
    if now < gathering.ends_at or gathering.status in (Gathering.Status.DRAFT, Gathering.Status.CANCELLED):
        return []
    return [
        {"name": f"{name}-{locale}", "kind": name, "language": title, "locale": locale, "words": words.get(locale, "")}
        for name, words in (("thanks", gathering.thanks), ("missed", gathering.missed))
        for locale, title in LOCALES.items()
    ]


def _measures(gathering: Gathering) -> list[Measure]:
    """What asked customers to it, and what it belongs to: their effects show what was bought afterwards."""
    sources = Attendance.objects.filter(gathering=gathering, source__startswith=JOURNEY).values_list(
        "source", flat=True
    )
    ids = {int(one.removeprefix(JOURNEY)) for one in sources.distinct().order_by("source")[:10]}
    return list(Measure.objects.filter(pk__in={*ids, gathering.measure_id or 0}).order_by("name"))


def _asked(request: HttpRequest, gathering: Gathering) -> dict[str, Any] | None:
    """The segment that is about to be invited, and how many of it would be."""
    segment = Segment.objects.filter(key=request.GET.get("segment", "")).first()
    if segment is None:
        return None
    there = Attendance.objects.filter(gathering=gathering).values("customer_id")
    members = SegmentMember.objects.filter(segment=segment)
    return {"segment": segment, "size": members.count(), "fresh": members.exclude(customer_id__in=there).count()}


@page("gatherings/<int:pk>/invite/", name="gathering-invite", permission="manage_gatherings")
@require_POST
def invite(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Puts the members of a segment on the list."""
    segment: Segment = get_object_or_404(Segment.objects, key=request.POST.get("segment", ""))
    ids = SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True)
    try:
        new = actions.invite(shop, pk, list(ids), clock.now(), source=f"segment:{segment.key}"[:40])
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(number)s customers are invited.") % {"number": new})
    return redirect("shop:gathering", shop.slug, pk)


HEAD = (
    "number",
    "first_name",
    "last_name",
    "status",
    "guests",
    "ticket",
    "introduced_by",
    "answered_at",
    "checked_in_at",
)


@page("gatherings/<int:pk>/attendance.csv", name="gathering-csv", permission="view_customers")
@require_safe
def attendance(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Who was asked, who comes and who was there, for a spreadsheet."""
    found: Gathering = get_object_or_404(Gathering.objects, pk=pk)
    rows = Attendance.objects.filter(gathering=found).select_related("customer", "introduced_by").order_by("pk")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for row in rows.iterator(2000):
        writer.writerow(
            _plain(cell)
            for cell in (
                row.customer.number, row.customer.first_name, row.customer.last_name, row.status, row.guests,
                row.ticket or "", row.introduced_by.number if row.introduced_by else "",
                row.answered_at.isoformat() if row.answered_at else "",
                row.checked_in_at.isoformat() if row.checked_in_at else "",
            )
        )  # fmt: skip
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="gathering-{found.pk}.csv"'
    return response


def _plain(cell: Any) -> Any:
    """A text that a spreadsheet would compute is only a text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
