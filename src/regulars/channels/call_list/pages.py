"""The call list: whom to call next, the call that somebody has in hand, and what came of it."""

from datetime import timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.pages import Nav, page
from regulars.decide.contact_policy.models import Consent
from regulars.know.orders.panels import listed
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Delivery, Message

from . import actions
from .forms import OutcomeForm

PAGE = 50
OUT_OF_TIME = timedelta(days=1)


@page(
    "call-list/",
    name="call-list",
    permission="make_calls",
    nav=Nav("customers", gettext_lazy("Call list"), "phone", order=42),
)
def calls(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Who waits for a call, the longest first; the one in hand; what was called lately. A constant number of queries."""
    now = clock.now()
    waiting = messaging.waiting_by_hand(shop, actions.KEY, now).select_related(
        "customer", "measure", "request", "version__template"
    )
    pager = Paginator(waiting, PAGE).get_page(request.GET.get("page"))
    tried = _tries([one.pk for one in pager.object_list])
    done = Message._base_manager.filter(
        shop=shop, channel=actions.KEY, taken_by__isnull=False, sent_at__gte=now - timedelta(days=7)
    )
    return render(
        request,
        "call_list/calls.html",
        {
            "page": pager,
            "rows": [{"call": one, "tries": tried.get(one.pk, [])} for one in pager.object_list],
            "mine": messaging.in_hand(shop, actions.KEY, _staff(request), now).select_related("customer").first(),
            "others": Message._base_manager.filter(
                shop=shop, channel=actions.KEY, status=Message.Status.CLAIMED, lease_until__gte=now
            ).exclude(taken_by=_staff(request)).count(),
            "done": done.select_related("customer", "taken_by").order_by("-sent_at", "-pk")[:10],
            "soon": now + OUT_OF_TIME,
        },
    )  # fmt: skip


@page("call-list/take/", name="call-list-take", permission="make_calls")
@require_POST
def take(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Takes the next call, or the one that was chosen, and opens it."""
    chosen = request.POST.get("call", "")
    call = actions.take(shop, _staff(request), clock.now(), int(chosen) if chosen.isdecimal() else None)
    if call is None:
        words = _("This call is not there any more: somebody else has it, or the customer may not be called now.")
        messages.info(request, words if chosen else _("Nobody is to be called now."))
        return redirect("shop:call-list", shop.slug)
    return redirect("shop:call-list-call", shop.slug, call.pk)


@page("call-list/<int:pk>/", name="call-list-call", permission="make_calls")
def call(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """The call in hand: whom, why, what to say, what the customer bought last; and the form that says what came of it."""
    now = clock.now()
    mine = _mine(request, shop, pk)
    if mine is None:
        messages.info(request, _("You do not have this call in hand any more."))
        return redirect("shop:call-list", shop.slug)
    latest = mine.request.latest
    suggested = min(now + timedelta(days=1), latest - timedelta(minutes=30))
    form = OutcomeForm(
        request.POST if request.method == "POST" else None, zone=shop.timezone, latest=latest,
        initial={"again_at": clock_time(suggested, shop) if suggested > now + actions.SOONEST else None},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.tell(
                shop, mine, said["outcome"], said["note"], clock.now(), _staff(request), again_at=said["again_at"]
            )
        except Refused as refused:
            form.add_error(refused.code if refused.code in form.fields else None, str(refused))
        else:
            messages.success(request, _("Noted: %(name)s.") % {"name": mine.customer.name})
            return redirect("shop:call-list", shop.slug)
    context = {
        "call": mine,
        "said": messaging.words_by_hand(shop, [mine], now).get(mine.pk),
        "form": form,
        "tries": _tries([mine.pk]).get(mine.pk, []),
        "consent": Consent._base_manager.filter(pk=mine.request.consent_id or 0).first(),
        "crumbs": [(_("Call list"), reverse("shop:call-list", args=[shop.slug]))],
        **listed(shop, mine.customer_id),
    }
    answer = render(request, "call_list/call.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def clock_time(moment: Any, shop: Shop) -> str:
    """A moment as the field of a browser wants it, on the shop's clock."""
    return f"{moment.astimezone(ZoneInfo(shop.timezone)):%Y-%m-%dT%H:%M}"


@page("call-list/<int:pk>/back/", name="call-list-back", permission="make_calls")
@require_POST
def back(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Gives a call back: nobody called."""
    mine = _mine(request, shop, pk)
    if mine is None:
        raise Http404
    try:
        actions.give_back(shop, mine, clock.now())
        messages.success(request, _("The call is there for others again."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shop:call-list", shop.slug)


def _mine(request: HttpRequest, shop: Shop, pk: int) -> Message | None:
    """The call, where this person took it last and nobody has told what came of it."""
    rows = Message._base_manager.filter(shop=shop, channel=actions.KEY).select_related(
        "customer", "measure", "request", "version__template", "taken_by"
    )
    found: Message = get_object_or_404(rows, pk=pk)
    is_open = found.status in (Message.Status.CLAIMED, Message.Status.DUE) and found.lease_token
    return found if is_open and found.taken_by_id == _staff(request).pk else None


def _staff(request: HttpRequest) -> Staff:
    return cast(Staff, request.user)


def _tries(ids: list[int]) -> dict[int, list[Delivery]]:
    """What came of earlier tries of these calls. One query, none without calls."""
    found: dict[int, list[Delivery]] = {}
    if ids:
        for one in Delivery.objects.filter(message_id__in=ids, kind="deferred").order_by("at"):
            found.setdefault(one.message_id, []).append(one)
    return found
