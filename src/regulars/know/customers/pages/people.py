"""The list of all customers: found, sorted, turned over by key, so that the millionth is as near as the first."""

from typing import Any

from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.core.pages import Nav, page, panels_of
from regulars.core.tallies import counted
from regulars.core.turning import turned
from regulars.know.customers import words
from regulars.know.customers.models import Customer, Identity
from regulars.know.customers.search import Matches, matching
from regulars.know.customers.tallies import LIVING

PAGE = 50

ORDERS = {"newest": ("-pk",), "name": ("last_name", "first_name", "pk")}


@page(
    "customers/",
    name="customers",
    permission="view_customers",
    nav=Nav("customers", gettext_lazy("Customers"), "users", order=10),
)
def customers(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Everybody the shop knows; `?q=` finds, `?sort=` newest or name, `?after=` and `?before=` turn over."""
    sought = request.GET.get("q", "").strip()[:80]
    sort = request.GET.get("sort", "")
    if sort not in ORDERS:
        sort = "name" if sought else "newest"
    rows = Customer.objects.living()
    found = Matches([])
    if sought:
        found = matching(shop, sought)
        rows = Customer._base_manager.filter(pk__in=found.ids)  # the shop's already; so that only these are sorted
    shown = turned(rows, ORDERS[sort], request.GET, PAGE)
    _dress(shown.rows)
    total = _total(shop)
    context = {
        "rows": shown.rows,
        "before": shown.before,
        "after": shown.after,
        "sought": sought,
        "sort": sort,
        "sorts": [
            {
                "title": title,
                "href": "?" + urlencode({"sort": key, **({"q": sought} if sought else {})}),
                "current": sort == key,
            }
            for key, title in (("newest", _("Added last")), ("name", _("By name")))
        ],
        "total": total,
        "matches": len(found.ids),
        "is_cut": found.is_cut,
        "imports_url": _imports_url(shop) if "import_data" in request.permissions else None,  # type: ignore[attr-defined]
        "panels": panels_of("customers", request, shop, shown.rows, request.permissions),  # type: ignore[attr-defined]
    }
    return render(request, "customers/customers.html", context)


def _total(shop: Shop) -> int:
    """How many customers there are, from the kept number. One query."""
    return sum(counted(LIVING, [shop.pk])[shop.pk].values())


def _imports_url(shop: Shop) -> str | None:
    """Where files are imported, when that page is there."""
    try:
        return reverse("shop:imports", args=[shop.slug])
    except NoReverseMatch:
        return None


def _dress(shown: list[Customer]) -> None:
    """Adds e-mail address and figures of orders to the rows shown: two queries, whatever their number."""
    ids = [row.pk for row in shown]
    figures = figures_of(ids)
    mails = dict(
        Identity._base_manager.filter(customer__in=ids, kind=Identity.Kind.EMAIL)  # of this shop, as the rows are
        .order_by("is_primary", "pk")
        .values_list("customer_id", "value")
    )
    row: Any
    for row in shown:
        row.mail = mails.get(row.pk, "")
        row.country_name = words.country(row.country)
        row.figures = figures[row.pk]
        row.known_since = min((at for at in (row.since, row.figures["first"]) if at is not None), default=None)


def figures_of(customer_ids: list[int]) -> dict[int, dict[str, Any]]:
    """customer id → {"orders", "first", "last"} over counted orders; one query."""
    counted = Q(orders__is_counted=True)
    rows: Any = Customer._base_manager.filter(pk__in=customer_ids).values("pk")
    return {
        row.pop("pk"): row
        for row in rows.annotate(
            orders_count=Count("orders", counted),
            first=Min("orders__placed_at", filter=counted),
            last=Max("orders__placed_at", filter=counted),
        )
    }
