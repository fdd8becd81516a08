"""Staff pages of orders: one order, and the older orders of a customer."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.know.customers.models import Customer

from .models import Order, Refund, Return
from .panels import listed
from .tracking import tracking_url

LINES = 100


@page("customers/<int:pk>/orders/", name="customer-orders", permission="view_customers")
def customer_orders(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Part of a customer's page: orders older than the order `?before=`."""
    customer = get_object_or_404(Customer.objects, pk=pk)
    before = request.GET.get("before", "")
    older_than = int(before) if before.isdecimal() and len(before) <= 18 else None
    return render(request, "orders/orders_list.html", listed(shop, customer.pk, older_than))


@page("orders/<path:number>/", name="order", permission="view_customers")
def order(request: HttpRequest, shop: Shop, number: str) -> HttpResponse:
    """One order: lines, values, customer, parcels, returns and refunds."""
    shown = get_object_or_404(Order.objects.select_related("customer"), number=number)
    crumbs = [(_("Customers"), reverse("shop:customers", args=[shop.slug]))]
    if shown.customer is not None:
        crumbs.append((shown.customer.name, reverse("shop:customer", args=[shop.slug, shown.customer.pk])))
    context = {
        "order": shown,
        "crumbs": crumbs,
        "title": _("Order %(number)s") % {"number": shown.number},
        "lines": Paginator(shown.lines.order_by("-is_merchandise", "pk"), LINES).get_page(request.GET.get("page")),
        "shipments": [
            {"parcel": one, "url": tracking_url(one)} for one in shown.shipments.order_by("shipped_at", "pk")
        ],
        "returns": Return._base_manager.filter(order=shown).prefetch_related("lines").order_by("returned_at", "pk"),
        "refunds": Refund._base_manager.filter(order=shown).order_by("refunded_at", "pk"),
    }
    return render(request, "orders/order.html", context)
