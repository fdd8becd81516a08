"""Staff pages of the intake, for those who connect programs: what came in, what was not taken and why, trying again."""

import json

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.claim import DueRow
from regulars.core.models import Shop
from regulars.core.pages import page

from .actions import try_again
from .models import InboundCall

PAGE = 25
SHOWN_BYTES = 20_000
WAITING = (DueRow.Status.DUE, DueRow.Status.CLAIMED)


@page("settings/calls/", name="calls", permission="manage_settings")
def calls(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The calls of 30 days, newest first; `show` narrows them to those with rejected rows, failed or waiting ones."""
    filters = {
        "": (_("All"), Q()),
        "rejected": (_("With rejected rows"), Q(rejected__gt=0)),
        "failed": (_("Failed"), Q(status=DueRow.Status.FAILED)),
        "waiting": (_("Waiting"), Q(status__in=WAITING)),
    }
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in filters else ""
    rows: QuerySet[InboundCall] = (
        InboundCall.objects.filter(filters[chosen][1])
        .select_related("api_key")
        .defer("body", "answer", "errors")
        .order_by("-received_at", "-pk")
    )
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "show": chosen,
        "filters": [
            {"title": title, "href": f"?show={key}" if key else "?", "current": key == chosen}
            for key, (title, _only) in filters.items()
        ],
        "crumbs": [(_("API keys"), reverse("shop:settings-keys", args=[shop.slug]))],
    }
    return render(request, "intake/calls.html", context)


@page("settings/calls/<int:pk>/", name="call", permission="manage_settings")
def call(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """One call: what became of it, the rows that were not taken, and the body as far as it is kept."""
    row: InboundCall = get_object_or_404(InboundCall.objects.select_related("api_key"), pk=pk)
    context = {
        "call": row,
        "body": _readable(bytes(row.body)),
        "may_retry": row.status == DueRow.Status.FAILED and row.rows > 0,
        "crumbs": [
            (_("API keys"), reverse("shop:settings-keys", args=[shop.slug])),
            (_("What came in"), reverse("shop:calls", args=[shop.slug])),
        ],
    }
    answer = render(request, "intake/call.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@page("settings/calls/<int:pk>/retry/", name="call-retry", permission="manage_settings")
@require_POST
def retry(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Makes a failed call due again."""
    row: InboundCall = get_object_or_404(InboundCall.objects, pk=pk)
    if try_again(shop, row.pk, now=clock.now(), staff=request.user):  # type: ignore[arg-type]
        messages.success(request, _("The events are taken up again within seconds."))
    else:
        messages.error(request, _("There is nothing to try again here."))
    return redirect(reverse("shop:call", args=[shop.slug, row.pk]))


def _readable(body: bytes) -> str:
    """The body set out for reading, cut where it is long; as it is where it is no JSON."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode(errors="replace")
    return text if len(text) <= SHOWN_BYTES else f"{text[:SHOWN_BYTES]}\n…"
