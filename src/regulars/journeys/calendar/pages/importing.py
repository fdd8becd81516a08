"""A calendar file, brought in by a button, and what came of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.journeys.calendar import actions

LARGEST = 2 * 1024 * 1024
"""Bytes that are read while somebody waits; more goes in by the command line."""
SAID = 100
"""Remarks that are shown; what was not taken is counted all the same."""


@page("calendar/import/", name="calendar_import", permission="manage_measures")
def bring(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The form of an upload; after it the report. A second upload of the same file changes nothing, so a reload may."""
    context: dict[str, Any] = {
        "crumbs": [(_("Calendar"), reverse("shop:calendar", args=[shop.slug]))],
        "largest": LARGEST // 1024 // 1024,
    }
    status = 200
    if request.method == "POST":
        try:
            context |= _report(request, shop)
        except Refused as refused:
            context["refusal"], status = str(refused), 422
    return render(request, "calendar/import.html", context, status=status)


def _report(request: HttpRequest, shop: Shop) -> dict[str, Any]:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused(_("Choose a file."), code="no_file")
    name = (upload.name or "")[-200:]
    actions.check_size(name, upload.size or 0, LARGEST)
    found = actions.import_ics(
        shop,
        name,
        upload.read(),
        clock.now(),
        request.user,  # type: ignore[arg-type]
        largest=LARGEST,
    )
    return {
        "found": found,
        "name": name,
        "nothing": not found.read,
        "refused": found.refused[:SAID],
        "noted": found.noted[:SAID],
        "refused_more": max(len(found.refused) - SAID, 0),
        "noted_more": max(len(found.noted) - SAID, 0),
    }
