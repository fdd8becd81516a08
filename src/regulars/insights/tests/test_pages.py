"""The overview, the list of figures, and one figure with the rows behind it, through the door that staff use."""

import re
import shutil
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.models import Shop
from regulars.core.roles import Role
from regulars.insights import drilldown, kept, kpis, snapshot


@pytest.fixture
def open_page(shop: Any, now: Any) -> Any:
    """`open_page("overview", "figure key"…, role=…, query="")`: the response for a person of that role, in English."""

    def get(name: str, *args: str, role: str = Role.ANALYST, query: str = "") -> Any:
        client = Client(headers={"accept-language": "en"})
        client.force_login(
            create_staff(f"{role}@example.com", now=now, shop=shop, role=role, locale="en"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        return client.get(reverse(f"shop:{name}", args=[shop.slug, *args]) + query)

    return get


@pytest.fixture
def orders(shop: Any, write_orders: Any) -> Any:
    return write_orders(
        shop,
        [
            ("rosa", "2025-01-10 10:00", 2000),
            ("rosa", "2026-05-10 10:00", 4000),
            ("lena", "2024-02-10 10:00", 5000),
            ("nico", "2026-05-20 10:00", 1550),
            (None, "2026-05-31 10:00", 250),
        ],
    )


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_without_orders_the_overview_says_what_to_do(open_page: Any) -> None:
    response = open_page("overview")

    assert response.status_code == 200
    assert "Import the orders" in text(response)


def test_the_overview_shows_figures_and_why_some_are_missing(open_page: Any, orders: Any) -> None:
    shown = text(open_page("overview", query="?days=30"))

    assert "€58.00" in shown
    assert "Orders from 10 Feb 2024 to 31 May 2026." in shown
    assert "No forecast yet" in shown


def test_who_may_not_see_figures_gets_none(open_page: Any, orders: Any) -> None:
    for name, args in (("overview", ()), ("figures", ()), ("figure", ("revenue",))):
        assert open_page(name, *args, role=Role.TILL).status_code == 403


def test_every_figure_is_listed_with_its_definition(open_page: Any, orders: Any) -> None:
    shown = text(open_page("figures"))

    for key, one in kpis.definitions().items():
        assert key in shown
        assert str(one.title).split("'")[0] in shown


def test_every_figure_opens(open_page: Any, orders: Any, shop: Shop, now: Any) -> None:
    snapshot.refresh(shop, now)

    assert {key: open_page("figure", key).status_code for key in kpis.definitions()} == dict.fromkeys(
        kpis.definitions(), 200
    )
    assert open_page("figure", "nonsense").status_code == 404


def test_the_rows_behind_a_figure_are_those_it_counts(open_page: Any, orders: Any, shop: Shop, now: Any) -> None:
    snapshot.refresh(shop, now)
    period = "?from=2026-05-01&to=2026-06-01"
    [revenue, churned] = kpis.compute(
        shop, date(2026, 5, 1), date(2026, 6, 1), ["revenue", "churned_customers"], now=now
    )

    shown = open_page("figure", "revenue", query=period)
    assert sum(order.value for order in shown.context["rows"]) == revenue.value * 100
    assert [order.number for order in shown.context["rows"]] == ["R5", "R4", "R2"]
    people = open_page("figure", "new_customers", query=period)
    assert [row["customer"].number for row in people.context["rows"]] == ["nico"]
    assert churned.value == 0
    assert "Customers behind this figure" not in open_page("figure", "second_order_rate_30", query=period)


def test_a_page_beyond_the_last_and_a_period_that_is_none_are_harmless(
    open_page: Any, orders: Any, shop: Shop, now: Any
) -> None:
    snapshot.refresh(shop, now)

    for query in ("?page=99999", "?page=x", "?from=2026-05-01&to=2026-04-01", "?from=x&to=y"):
        assert open_page("figure", "orders", query=query).status_code == 200


def test_a_page_reads_the_kept_figure_and_shows_what_computing_would(
    open_page: Any, orders: Any, shop: Shop, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> list[Any]:
        pages = [open_page("figure", key).context for key in kpis.definitions()]
        pages.append(open_page("figure", "revenue", query="?from=2025-06-01&to=2026-06-01").context)
        names = ("figure", "value", "interval", "reason", "kind", "rows", "chart", "cohorts", "as_of")
        return [[page[name] for name in names] + [page["pager"].paginator.count] for page in pages]

    at = snapshot.refresh(shop, now)
    kept.keep_all(shop, at, now)

    with monkeypatch.context() as patched:
        for name in ("behind", "trend"):
            patched.setattr(drilldown, name, lambda *_, **__: pytest.fail("a page must not compute what is kept"))
        read = shown()
    shutil.rmtree(at.root / "boards")

    assert read == shown()
    assert [page[1] for page in read[-1:]] == [5800]
