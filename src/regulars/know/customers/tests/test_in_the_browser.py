"""From the search to a customer, its timeline, and its erasure, in a real browser.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.core.models import Membership, Shop, Staff
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(live_regulars: str, shop: Shop, page: Any) -> Any:
    """The browser of somebody who serves customers, signed in, at the list."""
    person = Staff.objects.create_user("erika@example.com", "a good long word", name="Erika", locale="de")
    Membership.objects.create(shop=shop, staff=person, role="service")
    page.goto(f"{live_regulars}/accounts/login/?next=/s/plattenkiste/customers/")
    page.get_by_label("E-Mail").fill("erika@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url("**/customers/")
    return page


def test_search_customer_erase(rosa: Customer, nico: Customer, desk: Any, shop: Shop) -> None:
    from playwright.sync_api import expect

    desk.get_by_label("Name, E-Mail, Kunden- oder Bestellnummer").fill("rot")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Ein Kunde gefunden.")).to_be_visible()
    expect(desk.get_by_role("link", name="Nico Neu")).to_have_count(0)
    desk.get_by_role("link", name="Rosa Rot").click()
    expect(desk.get_by_role("heading", name="Rosa Rot")).to_be_visible()

    desk.get_by_role("button", name="Löschen", exact=True).click()
    dialog = desk.get_by_role("dialog", name="Diesen Kunden löschen?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Abbrechen").click()
    expect(dialog).to_be_hidden()
    desk.get_by_role("button", name="Löschen", exact=True).click()
    dialog.get_by_label("Zur Bestätigung die Kundennummer rosa eintippen").fill("rosa")
    dialog.get_by_role("button", name="Endgültig löschen").click()

    expect(desk.get_by_role("heading", name="Gelöschter Kunde")).to_be_visible()
    expect(desk.get_by_role("heading", name="Beleg")).to_be_visible()
    expect(desk.locator("body")).not_to_contain_text("Rosa")
    with scope(shop=shop):
        assert list(Customer.objects.living().values_list("number", flat=True)) == ["nico"]


def test_older_events_come_in_below_and_a_kind_can_be_chosen(
    desk: Any, live_regulars: str, shop: Shop, rosa: Customer, now: datetime
) -> None:
    from playwright.sync_api import expect

    facts = [Fact("customer.changed", now - timedelta(days=i), rosa.pk, source_key=str(i)) for i in range(45)]
    record(shop, [*facts, Fact("customer.created", now - timedelta(days=90), rosa.pk)], now=now)
    desk.goto(f"{live_regulars}/s/plattenkiste/customers/{rosa.pk}/")
    items = desk.locator(".timeline-item")

    expect(items).to_have_count(20)
    desk.get_by_role("link", name="Ältere Ereignisse zeigen").click()
    expect(items).to_have_count(40)
    desk.get_by_role("link", name="Ältere Ereignisse zeigen").click()
    expect(items).to_have_count(46)
    expect(desk.get_by_role("link", name="Ältere Ereignisse zeigen")).to_have_count(0)

    desk.get_by_label("Art des Ereignisses").select_option(label="Kunde wurde bekannt")
    expect(items).to_have_count(1)
    expect(items).to_contain_text("Kunde wurde bekannt")
    desk.get_by_label("Art des Ereignisses").select_option(label="Alle Arten")
    expect(items).to_have_count(20)


def test_export_downloads_a_file(desk: Any, live_regulars: str, rosa: Customer) -> None:
    desk.goto(f"{live_regulars}/s/plattenkiste/customers/{rosa.pk}/")

    with desk.expect_download() as download:
        desk.get_by_role("button", name="Exportieren").click()

    assert re.fullmatch(r"plattenkiste-rosa\.json", download.value.suggested_filename)
