"""Staff pages of offers and vouchers."""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.core.tallies import counted
from regulars.core.turning import starts, turned
from regulars.know.customers.models import Customer

from . import actions
from .forms import CodeForm, OfferForm
from .models import Offer, Voucher
from .tallies import ISSUED, REDEEMED

PAGE = 50
STATES = ("open", "used", "expired", "cancelled")
ORDERS = {"open": ("-valid_until", "-pk"), "expired": ("-valid_until", "-pk")}
"""Newest first; vouchers that are still unused by the end of their time, as their index has them."""
MOST = 200
"""Vouchers that a search finds at most by their code, and as many by their customer."""


@page(
    "vouchers/",
    name="vouchers",
    permission="view_vouchers",
    nav=Nav("measures", gettext_lazy("Vouchers"), "ticket", order=40),
)
def vouchers(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All vouchers, newest first, with the offers above; found by code, customer or state."""
    now = clock.now()
    sought = request.GET.get("q", "").strip()[:60]
    state = request.GET.get("state", "")
    rows: QuerySet[Voucher] = Voucher.objects.all()
    if sought:
        rows = Voucher._base_manager.filter(pk__in=_found(sought))  # the shop's, as they were found among its own
    rows = _in_state(rows.select_related("offer", "customer"), state, now)
    turning = turned(rows, ORDERS.get(state, ("-pk",)), request.GET, PAGE)
    shown = [(row, row.state(now)) for row in turning.rows]
    offers = _with_numbers(list(Offer.objects.order_by("-created_at")))
    tabs = [
        {
            "title": title,
            "href": "?" + urlencode({"state": key, "q": sought}),
            "current": state == key,
        }
        for key, title in [("", _("All")), *((key, STATE_WORDS[key]) for key in STATES)]
    ]
    return render(
        request,
        "offers/vouchers.html",
        {
            "before": turning.before,
            "after": turning.after,
            "shown": shown,
            "offers": offers,
            "sought": sought,
            "state": state,
            "tabs": tabs,
            "words": STATE_WORDS,
        },
    )


STATE_WORDS: dict[str, Any] = {
    "open": gettext_lazy("open"),
    "used": gettext_lazy("redeemed"),
    "expired": gettext_lazy("expired"),
    "cancelled": gettext_lazy("cancelled"),
    "future": gettext_lazy("not valid yet"),
}


def _with_numbers(offers: list[Any]) -> list[Any]:
    """Adds to each offer how many vouchers were issued and redeemed, from kept numbers. Two queries."""
    ids = [offer.pk for offer in offers]
    issued, redeemed = (counted(one, ids) for one in (ISSUED, REDEEMED))
    for offer in offers:
        offer.issued, offer.redeemed = sum(issued[offer.pk].values()), sum(redeemed[offer.pk].values())
    return offers


def _found(sought: str) -> list[int]:
    """The vouchers whose code begins so, and those of the customer with that number. Each from its index."""
    by_code = Voucher.objects.filter(starts("code", actions.tidy_code(sought))).order_by("-code")
    of_customer = Voucher._base_manager.filter(customer__in=Customer.objects.filter(number=sought)).order_by("-pk")
    return [*by_code.values_list("pk", flat=True)[:MOST], *of_customer.values_list("pk", flat=True)[:MOST]]


def _in_state(rows: QuerySet[Voucher], state: str, now: Any) -> QuerySet[Voucher]:
    if state == "cancelled":
        return rows.filter(cancelled_at__isnull=False)
    if state == "used":
        return rows.filter(cancelled_at=None, uses__gte=F("max_uses"))
    if state == "expired":
        return rows.filter(cancelled_at=None, uses__lt=F("max_uses"), valid_until__lte=now)
    if state == "open":
        return rows.filter(cancelled_at=None, uses__lt=F("max_uses"), valid_until__gt=now)
    return rows


@page("vouchers/offers/new/", name="offer-new", permission="manage_vouchers")
def new_offer(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Makes an offer."""
    return _offer_form(request, shop, None)


@page("vouchers/offers/<slug:key>/", name="offer", permission="manage_vouchers")
def change_offer(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Changes an offer; codes already given keep their conditions."""
    return _offer_form(request, shop, get_object_or_404(Offer.objects, key=key))


def _offer_form(request: HttpRequest, shop: Shop, offer: Offer | None) -> HttpResponse:
    form = OfferForm(request.POST or None, shop=shop, offer=offer)
    if request.method == "POST" and form.is_valid():
        try:
            key = offer.key if offer else form.new_key()
            actions.save_offer(shop, key, now=clock.now(), staff=request.user, **form.values())  # type: ignore[arg-type]
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The offer is saved."))
            return redirect(reverse("shop:offer", args=[shop.slug, key]))
    context = {
        "form": form,
        "offer": offer,
        "code_form": CodeForm(prefix="code"),
        "crumbs": [(_("Vouchers"), reverse("shop:vouchers", args=[shop.slug]))],
    }
    return render(request, "offers/offer.html", context, status=422 if form.errors else 200)


@page("vouchers/offers/<slug:key>/code/", name="offer-code", permission="manage_vouchers")
@require_POST
def new_code(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Issues one code that belongs to nobody."""
    offer: Offer = get_object_or_404(Offer.objects, key=key)
    form = CodeForm(request.POST, prefix="code")
    if not form.is_valid():
        messages.error(request, " ".join(str(text) for errors in form.errors.values() for text in errors))
        return redirect(reverse("shop:offer", args=[shop.slug, key]))
    try:
        made = actions.issue_public(
            shop,
            offer,
            now=clock.now(),
            code=form.cleaned_data["code"],
            max_uses=form.cleaned_data["max_uses"],
            staff=request.user,  # type: ignore[arg-type]
        )
    except Refused as error:
        messages.error(request, str(error))
        return redirect(reverse("shop:offer", args=[shop.slug, key]))
    messages.success(request, _("The code %(code)s is issued.") % {"code": made.code})
    return redirect(reverse("shop:voucher", args=[shop.slug, made.code]))


@page("vouchers/<str:code>/", name="voucher", permission="view_vouchers")
def voucher(request: HttpRequest, shop: Shop, code: str) -> HttpResponse:
    """One voucher: what it is worth, whether it can be redeemed, when it was."""
    found: Voucher = get_object_or_404(
        Voucher.objects.select_related("offer", "customer", "measure"), code=actions.tidy_code(code)
    )
    state = found.state(clock.now())
    context = {
        "voucher": found,
        "state": state,
        "state_word": STATE_WORDS[state],
        "redemptions": found.redemptions.order_by("-at"),
        "once": secrets.token_hex(8),
        "crumbs": [(_("Vouchers"), reverse("shop:vouchers", args=[shop.slug]))],
    }
    return render(request, "offers/voucher.html", context)


@page("vouchers/<str:code>/redeem/", name="voucher-redeem", permission="redeem_vouchers")
@require_POST
def redeem(request: HttpRequest, shop: Shop, code: str) -> HttpResponse:
    """Redeems at the till. The hidden key of the form makes a double click one use."""
    try:
        answer = actions.redeem(
            shop,
            code,
            idempotency_key=f"till:{request.POST.get('once', '')[:40]}",
            now=clock.now(),
            order_number=request.POST.get("order", "").strip()[:64],
            order_value=_minor(request.POST.get("value", ""), shop),
        )
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Redeemed. Uses left: %(left)s.") % {"left": answer["uses_left"]})
    return redirect(reverse("shop:voucher", args=[shop.slug, actions.tidy_code(code)]))


def _minor(text: str, shop: Shop) -> int | None:
    from regulars.core.money import to_minor

    text = text.strip()
    if not text:
        return None
    return to_minor(text.replace(".", "").replace(",", ".") if "," in text else text, shop.currency)
