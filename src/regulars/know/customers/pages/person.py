"""One customer: who it is, what happened, and the panels that the other modules bring."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core.models import Shop
from regulars.core.pages import page, panels_of
from regulars.core.personal_data import DECLARED
from regulars.know.customers import words
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.lines import kinds_of, lines_of

RECEIPT = "erasure-{}"
"""Where the session keeps the receipt of an erasure until it is shown."""

IDENTITY_ICONS = {
    Identity.Kind.EMAIL: "mail",
    Identity.Kind.PHONE: "phone",
    Identity.Kind.SHOP_ID: "hash",
    Identity.Kind.DEVICE: "smartphone",
}


def found(pk: int) -> Customer:
    """The customer, else 404."""
    customer: Customer = get_object_or_404(Customer.objects.select_related("merged_into"), pk=pk)
    return customer


def crumbs(shop: Shop, customer: Customer | None = None) -> list[tuple[str, str]]:
    """The way to a page below the list, or below one customer."""
    way = [(_("Customers"), reverse("shop:customers", args=[shop.slug]))]
    if customer is not None:
        way.append((customer.name, reverse("shop:customer", args=[shop.slug, customer.pk])))
    return way


@page("customers/<int:pk>/", name="customer", permission="view_customers")
def customer(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """One customer. Who was merged leads to the survivor; who was erased has a page that says so and no more."""
    shown = found(pk)
    if shown.merged_into_id is not None:
        return redirect("shop:customer", shop.slug, shown.merged_into_id)
    if shown.erased_at is not None:
        return render(request, "customers/erased.html", _erased(request, shop, shown))
    context = {
        "customer": shown,
        "crumbs": crumbs(shop),
        "lead": _("Customer number %(number)s") % {"number": shown.number} if shown.name != shown.number else "",
        "identities": [
            (IDENTITY_ICONS.get(one.kind, "at-sign"), one)  # type: ignore[call-overload]
            for one in Identity._base_manager.filter(customer=shown).order_by("kind", "-is_primary", "pk")
        ],
        "birthday": words.birthday(shown),
        "country": words.country(shown.country),
        "spoken": words.language(shown.locale),
        "merged": Customer.objects.filter(merged_into=shown).order_by("pk").values_list("number", flat=True),
        "kinds": kinds_of(shown.pk),
        "panels": panels_of("customer", request, shop, shown, request.permissions),  # type: ignore[attr-defined]
        **_lines(request, shop, shown),
    }
    return render(request, "customers/customer.html", context)


@page("customers/<int:pk>/timeline/", name="customer-timeline", permission="view_customers")
def timeline(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Part of the page: lines of the timeline, older than `?before=`, of one `?kind=`."""
    return render(request, "customers/timeline_part.html", _lines(request, shop, found(pk)))


def _lines(request: HttpRequest, shop: Shop, customer: Customer) -> dict[str, Any]:
    kind = request.GET.get("kind", "")[:60]
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) <= 18 else None
    return {
        "timeline": lines_of(shop, customer.pk, kind=kind, before=older_than),
        "kind": kind,
        "page_path": reverse("shop:customer", args=[shop.slug, customer.pk]),
        "older_url": reverse("shop:customer-timeline", args=[shop.slug, customer.pk]),
        "is_continued": older_than is not None,
    }


def _erased(request: HttpRequest, shop: Shop, customer: Customer) -> dict[str, Any]:
    receipt = request.session.get(RECEIPT.format(customer.pk))
    titles = {model._meta.label: one.title for model, one in DECLARED.items()}
    return {
        "customer": customer,
        "crumbs": crumbs(shop),
        "receipt": receipt,
        "tables": [(titles.get(label, label), rows) for label, rows in receipt["tables"].items()] if receipt else [],
    }
