"""The pack bench, on a phone or at a scanner: scan the order, read the words, tick."""

import json
import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.channels.parcel_note import actions
from regulars.channels.parcel_note.actions.bench import CHANNEL, LONGEST_CODE
from regulars.channels.parcel_note.models import ParcelNote
from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.reach.messaging.actions import in_hand

PARTIAL = "X-Bench"
"""Header by which the page's script asks for the answer alone."""


@page(
    "pack-bench/",
    name="pack-bench",
    permission="pack_parcels",
    nav=Nav("customers", gettext_lazy("Pack bench"), "package-open", 60),
)
def bench(request: HttpRequest, shop: Shop) -> HttpResponse:
    """GET shows the field; POST of an order's number shows its note, to the script as a piece of the page."""
    said = None
    if request.method == "POST":
        code = request.POST.get("code", "")[: 2 * LONGEST_CODE]
        said = actions.scan(shop, code, clock.now(), request.user)  # type: ignore[arg-type]
    context = {
        "said": said,
        "once": secrets.token_hex(12),
        "reasons": ParcelNote.Reason.choices,
        "longest": LONGEST_CODE,
    }
    if said is not None and PARTIAL in request.headers:
        return render(request, "parcel_note/answer.html", context)
    return render(request, "parcel_note/bench.html", context | {"in_hand": _in_hand(request, shop, said)})


def _in_hand(request: HttpRequest, shop: Shop, said: actions.Scanned | None) -> list[ParcelNote]:
    """The other notes that this person took and has not told of."""
    held = in_hand(shop, CHANNEL, request.user, clock.now())  # type: ignore[arg-type]
    rows = ParcelNote.objects.filter(message__in=held, outcome="").select_related("order__customer")
    return [row for row in rows if said is None or row.message_id != said.message]


@page("pack-bench/ticks/", name="pack-bench-ticks", permission="pack_parcels")
@require_POST
def ticks(request: HttpRequest, shop: Shop) -> HttpResponse:
    """One tick. From the form: back to the bench. As JSON, from the script, perhaps of a while ago: `{"words", "is_good"}`, also
    where it is refused: it need not be sent again then. 400: not a tick.
    """
    if request.content_type != "application/json":
        said = _tick(request.POST, None)
        words, is_good = _told(request, shop, said) if said else (_("Scan the order again."), False)
        (messages.success if is_good else messages.error)(request, words)
        return redirect("shop:pack-bench", shop.slug)
    try:
        sent = json.loads(request.body)
        at = datetime.fromisoformat(sent["at"])
        said = _tick(sent, at) if at.tzinfo is not None else None
    except (ValueError, KeyError, TypeError, AttributeError):
        said = None
    if said is None:
        return JsonResponse({}, status=400)
    words, is_good = _told(request, shop, said)
    return JsonResponse({"words": words, "is_good": is_good})


def _tick(sent: Any, at: datetime | None) -> actions.Tick | None:
    number = str(sent.get("message", ""))
    if not number.isdecimal() or len(number) > 18:
        return None
    key, token, reason = (str(sent.get(name, ""))[:64] for name in ("key", "token", "reason"))
    return actions.Tick(key, int(number), token, reason, at)


def _told(request: HttpRequest, shop: Shop, said: actions.Tick) -> tuple[str, bool]:
    try:
        row = actions.tick(shop, said, clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as refused:
        return str(refused), False
    number = {"order": row.order.number}
    if row.outcome == ParcelNote.Outcome.DONE:
        return _("Order %(order)s: the note is in the parcel.") % number, True
    if row.reason in ParcelNote.WAITS:
        return _("Order %(order)s: the note waits for the customer's next parcel.") % number, True
    return _("Order %(order)s: no note. That is noted.") % number, True
