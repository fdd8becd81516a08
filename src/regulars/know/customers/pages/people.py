"""The list of all customers: found, sorted, turned over by key, so that the millionth is as near as the first."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.core.pages import Nav, page, panels_of
from regulars.know.customers import words
from regulars.know.customers.models import Customer, Identity
from regulars.know.customers.search import Matches, matching

PAGE = 50
COUNT_KEPT = 60
"""Seconds for which the number of all customers is kept: counting a million takes longer than showing fifty."""

SORTS = ("newest", "name")


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
    if sort not in SORTS:
        sort = "name" if sought else "newest"
    rows = Customer.objects.living()
    found = Matches([])
    if sought:
        found = matching(shop, sought)
        rows = Customer._base_manager.filter(pk__in=found.ids)  # the shop's already; so that only these are sorted
    shown, before, after = _turned(rows, sort, request)
    _dress(shown)
    total = _total(shop)
    context = {
        "rows": shown,
        "before": before,
        "after": after,
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
        "panels": panels_of("customers", request, shop, shown, request.permissions),  # type: ignore[attr-defined]
    }
    return render(request, "customers/customers.html", context)


def _total(shop: Shop) -> int:
    """How many customers there are, at most `COUNT_KEPT` seconds ago; none is never kept, so that an import shows."""
    key = f"customers:{shop.pk}"
    count: int = cache.get(key, 0)
    if not count:
        count = Customer.objects.living().count()
        if count:
            cache.set(key, count, COUNT_KEPT)
    return count


def _imports_url(shop: Shop) -> str | None:
    """Where files are imported, when that page is there."""
    try:
        return reverse("shop:imports", args=[shop.slug])
    except NoReverseMatch:
        return None


def _turned(rows: QuerySet[Customer], sort: str, request: HttpRequest) -> tuple[list[Customer], int | None, int | None]:
    """One page of `rows`, and the ids before and after which the neighbouring pages lie (None: there is none)."""
    backwards = "before" in request.GET
    anchor = _anchor(request.GET.get("before") or request.GET.get("after"))
    order = ["-pk"] if sort == "newest" else ["last_name", "first_name", "pk"]
    if backwards:
        order = [name[1:] if name.startswith("-") else f"-{name}" for name in order]
    if anchor is not None:
        rows = rows.filter(_beyond(anchor, sort, backwards))
    shown = list(rows.order_by(*order)[: PAGE + 1])
    is_more = len(shown) > PAGE
    shown = shown[:PAGE]
    if backwards:
        shown.reverse()
    has_before, has_after = (is_more, True) if backwards else (anchor is not None, is_more)
    return (
        shown,
        shown[0].pk if shown and has_before else None,
        shown[-1].pk if shown and has_after else None,
    )


def _anchor(text: str | None) -> Customer | None:
    if text is None or not text.isdecimal() or len(text) > 18:
        return None
    found: Customer | None = Customer.objects.filter(pk=int(text)).first()
    return found


def _beyond(anchor: Customer, sort: str, backwards: bool) -> Q:
    """The rows that follow `anchor` in the order (or lie before it). The first bound alone makes the index useful."""
    if sort == "newest":
        return Q(pk__gt=anchor.pk) if backwards else Q(pk__lt=anchor.pk)
    way = "lt" if backwards else "gt"
    last, first = anchor.last_name, anchor.first_name
    return Q(**{f"last_name__{way}e": last}) & (
        Q(**{f"last_name__{way}": last})
        | Q(last_name=last, **{f"first_name__{way}": first})
        | Q(last_name=last, first_name=first, **{f"pk__{way}": anchor.pk})
    )


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
    rows = Customer.objects.filter(pk__in=customer_ids).values("pk")
    return {
        row.pop("pk"): row
        for row in rows.annotate(
            orders_count=Count("orders", counted),
            first=Min("orders__placed_at", filter=counted),
            last=Max("orders__placed_at", filter=counted),
        )
    }
