"""What can be done with one customer: export, merge into another, erase. Each asks first and is written down."""

import json
from typing import Any

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.know.customers import actions, words
from regulars.know.customers.forms import PostalForm
from regulars.know.customers.models import Customer, Identity, PostalAddress

from .people import figures_of
from .person import RECEIPT, crumbs, found


@page("customers/<int:pk>/export/", name="customer-export", permission="edit_customers")
@require_POST
def export(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Everything kept about a customer, as a JSON file. That it was taken is written down."""
    customer = found(pk)
    if customer.erased_at is not None:
        messages.error(request, _("Nothing personal is left that could be exported."))
        return redirect("shop:customer", shop.slug, pk)
    taken = actions.export(shop, pk)
    audit("customer.exported", now=clock.now(), shop=shop, staff=request.user, target=customer)  # type: ignore[arg-type]
    body = json.dumps(taken, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    name = slugify(customer.number) or str(customer.pk)
    return HttpResponse(
        body,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{shop.slug}-{name}.json"', "Cache-Control": "no-store"},
    )


@page("customers/<int:pk>/merge/", name="customer-merge", permission="edit_customers")
def merge(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Finds the other customer by number or e-mail address (`?into=`), shows both, and merges on POST."""
    customer = found(pk)
    if customer.merged_into_id is not None or customer.erased_at is not None:
        return redirect("shop:customer", shop.slug, pk)
    sought = (request.POST.get("into") or request.GET.get("into") or "").strip()[:254]
    other = _other(shop, sought) if sought else None
    if request.method == "POST" and other is not None:
        try:
            actions.merge(shop, customer.pk, other.pk, clock.now(), request.user)  # type: ignore[arg-type]
        except Refused as error:
            messages.error(request, str(error))
            return redirect("shop:customer", shop.slug, pk)
        messages.success(
            request, _("%(old)s and %(new)s are one customer now.") % {"old": customer.number, "new": other.number}
        )
        return redirect("shop:customer", shop.slug, other.pk)
    is_self = other is not None and other.pk == customer.pk
    context = {
        "customer": customer,
        "crumbs": crumbs(shop, customer),
        "sought": sought,
        "is_self": is_self,
        "other": other,
        "sides": _sides(customer, other) if other is not None and not is_self else [],
    }
    return render(request, "customers/merge.html", context, status=422 if request.method == "POST" else 200)


def _other(shop: Shop, sought: str) -> Customer | None:
    """The living customer with that number, else with that e-mail address."""
    living = Customer.objects.living()
    by_mail = living.filter(identities__shop=shop, identities__kind=Identity.Kind.EMAIL, identities__key=sought.lower())
    other: Customer | None = living.filter(number=sought).first() or by_mail.first()
    return other


def _sides(customer: Customer, other: Customer) -> list[dict[str, Any]]:
    """Both customers beside each other; two queries."""
    pair = [customer, other]
    figures = figures_of([one.pk for one in pair])
    addresses: dict[int, list[str]] = {one.pk: [] for one in pair}
    rows = Identity._base_manager.filter(customer__in=pair).order_by("kind", "-is_primary", "pk")
    for customer_id, value in rows.values_list("customer_id", "value"):
        addresses[customer_id].append(value)
    return [
        {
            "customer": one,
            "addresses": addresses[one.pk],
            "birthday": words.birthday(one),
            "country": words.country(one.country),
            "figures": figures[one.pk],
            "stays": one is other,
        }
        for one in pair
    ]


@page("customers/<int:pk>/erase/", name="customer-erase", permission="edit_customers")
@require_POST
def erase(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Erases a customer whose number was typed as the confirmation, and leaves the receipt to the customer's page."""
    customer = found(pk)
    if request.POST.get("number", "").strip() != customer.number:
        messages.error(
            request, _("Nothing was erased: the number typed is not %(number)s.") % {"number": customer.number}
        )
        return redirect("shop:customer", shop.slug, pk)
    try:
        receipt = actions.erase(shop, [pk], clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
        return redirect("shop:customer", shop.slug, pk)
    request.session[RECEIPT.format(pk)] = {
        "at": receipt.at.isoformat(),
        "customers": receipt.customers,
        "tables": receipt.tables,
        "by": str(request.user),
    }
    messages.success(request, _("The customer is erased."))
    return redirect("shop:customer", shop.slug, pk)


@page("customers/<int:pk>/tag/", name="customer-tag", permission="edit_customers")
@require_POST
def set_tag(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Sets a tag on the customer."""
    try:
        actions.tag(shop, [found(pk).pk], request.POST.get("tag", ""), clock.now(), source="staff")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shop:customer", shop.slug, pk)


@page("customers/<int:pk>/untag/", name="customer-untag", permission="edit_customers")
@require_POST
def remove_tag(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Removes a tag from the customer."""
    try:
        actions.untag(shop, [found(pk).pk], request.POST.get("tag", ""), clock.now(), source="staff")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shop:customer", shop.slug, pk)


@page("customers/<int:pk>/postal-address/", name="customer-postal", permission="edit_customers")
def postal(request: HttpRequest, shop: Shop, pk: int) -> HttpResponseBase:
    """Writes where letters reach a customer, or takes it away."""
    customer = found(pk)
    if customer.merged_into_id is not None or customer.erased_at is not None:
        return redirect("shop:customer", shop.slug, pk)
    row = PostalAddress.objects.filter(customer=customer).first()
    form = PostalForm(request.POST or None, row=row, country=customer.country or shop.country)
    if request.method == "POST" and ("remove" in request.POST or form.is_valid()):
        said = None if "remove" in request.POST else form.values()
        actions.change_postal(customer, said, clock.now(), request.user)  # type: ignore[arg-type]
        messages.success(request, _("The postal address is saved.") if said else _("The postal address is removed."))
        return redirect("shop:customer", shop.slug, pk)
    context = {"form": form, "row": row, "customer": customer, "crumbs": crumbs(shop, customer)}
    return render(request, "customers/postal.html", context, status=422 if form.errors else 200)
