"""The navigation shows what a person may open, in order, and marks where they are."""

from typing import Any

import pytest
from django.http import HttpResponse

from regulars.core import pages
from regulars.core.pages import Nav, Page
from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS
from regulars.web.control import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(path: str, name: str, permission: str, nav: Nav | None) -> tuple[str, Page]:
        return name, Page(path, name, lambda request, shop: HttpResponse(), permission, nav)

    listed = dict(
        [
            page("segments/", "segments", "manage_segments", Nav("customers", "Segments", "filter", 20)),
            page("customers/", "customers", "view_customers", Nav("customers", "Customers", "users", 10, "people/")),
            page("", "overview", "view_figures", Nav("start", "Overview", "house", 10)),
            page("odd/", "odd", "view_figures", Nav("no-such-section", "Odd", "circle", 10)),
            page("hidden/", "hidden", "view_figures", None),
        ]
    )
    monkeypatch.setattr(pages, "PAGES", listed)
    monkeypatch.setattr(navigation, "PAGES", listed)
    monkeypatch.setattr(
        navigation, "reverse", lambda name, args: f"/s/{args[0]}/{listed[name.removeprefix('shop:')].path}"
    )


def shown(shop: Any, permissions: Any, path: str = "/") -> dict[str, list[str]]:
    return {
        one.key: [link.name + ("*" if link.current else "") for link in one.links]
        for one in navigation.sections(shop, permissions, path)
    }


def test_an_owner_sees_all_in_order_and_odd_ones_last(declared: None, shop: Any) -> None:
    assert shown(shop, PERMISSIONS) == {"start": ["overview"], "customers": ["customers", "segments"], "shop": ["odd"]}


def test_the_service_sees_customers_alone(declared: None, shop: Any) -> None:
    assert shown(shop, ROLE_PERMISSIONS["service"]) == {"customers": ["customers"]}


def test_the_page_below_marks_the_longest_address_only(declared: None, shop: Any) -> None:
    assert shown(shop, PERMISSIONS, "/s/plattenkiste/customers/17/")["customers"] == ["customers*", "segments"]
    assert shown(shop, PERMISSIONS, "/s/plattenkiste/")["start"] == ["overview*"]
    assert shown(shop, PERMISSIONS, "/s/plattenkiste/people/new/")["customers"] == ["customers*", "segments"]
    # the overview is not above all that has no place of its own
    assert shown(shop, PERMISSIONS, "/s/plattenkiste/elsewhere/")["start"] == ["overview"]


def test_everybody_starts_at_the_first_page_open_to_them(declared: None, shop: Any) -> None:
    assert navigation.first_page(shop, PERMISSIONS) == "/s/plattenkiste/"
    assert navigation.first_page(shop, ROLE_PERMISSIONS["service"]) == "/s/plattenkiste/customers/"
    assert navigation.first_page(shop, frozenset()) is None


def test_declared_pages_name_a_section_that_exists() -> None:
    wrong = [one.name for one in pages.PAGES.values() if one.nav and one.nav.section not in navigation.SECTIONS]
    assert wrong == []
