"""The call list in a real browser: take, read, tell; and the text editor that its script is written in."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from regulars.core.actions import create_staff
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact
from regulars.reach.messaging.actions import begin_template
from regulars.reach.messaging.models import Message, TemplateDraft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    """The browser's clock is the real one."""
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def always_welcome(shop: Any) -> None:
    """No hour is quiet, whenever the test runs."""
    shop.quiet_from = shop.quiet_until = time(0)
    shop.country = ""
    shop.save()


@pytest.fixture
def enter(page: Any, live_regulars: str, shop: Any, now: datetime) -> Any:
    def sign_in(where: str, role: str) -> None:
        create_staff("anna@example.com", now=now, shop=shop, role=role, password="a good long word")
        page.goto(f"{live_regulars}/accounts/login/?next=/s/{shop.slug}/{where}")
        page.get_by_label("E-Mail").fill("anna@example.com")
        page.get_by_label("Passwort", exact=True).fill("a good long word")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)

    return sign_in


def test_a_call_by_keyboard_and_pointer(page: Any, shop: Any, rosa: Any, call: Any, enter: Any) -> None:
    from playwright.sync_api import expect

    call(rosa)
    enter("call-list/", "service")
    page.get_by_role("button", name="Den nächsten anrufen").press("Enter")
    expect(page.get_by_text("Guten Tag Rosa, hier ist Plattenkiste.")).to_be_visible()
    expect(page.get_by_role("link", name="+49171")).to_have_attribute("href", f"tel:+49171{2345670 + rosa.pk}")
    page.get_by_label("Erreicht", exact=True).check()
    page.get_by_label("Notiz").fill("kommt vorbei")
    page.get_by_role("button", name="Festhalten").click()
    expect(page.get_by_text("Vermerkt: Rosa Rot.")).to_be_visible()
    expect(page.get_by_text("In den letzten sieben Tagen angerufen")).to_be_visible()
    with scope(shop=shop):
        assert Message.objects.get().status == "done"
        assert Contact.objects.count() == 1


def test_a_script_is_written_saved_and_seen_at_once(
    page: Any, shop: Any, now: datetime, rosa: Any, enter: Any, live_regulars: str
) -> None:
    from playwright.sync_api import expect

    enter("templates/", "marketer")
    template = begin_template(shop, "Anruf", {}, now, channel="phone")
    expect.set_options(timeout=20_000)
    page.goto(f"{live_regulars}/s/{shop.slug}/templates/{template.pk}/")
    page.locator("#subject-de").fill("Neue Platte")
    text = page.locator("#text-de")
    text.fill("Guten Tag ")
    page.locator("[data-insert-into=text-de]").select_option("customer.first_name")
    expect(text).to_have_value("Guten Tag {{ customer.first_name }}")
    expect(page.locator("#seen-de")).to_contain_text("Guten Tag Rosa")
    expect(page.locator("#revision-de")).to_have_value("1")
    text.press_sequentially("!")
    expect(page.locator("#seen-de")).to_contain_text("Guten Tag Rosa!")
    assert TemplateDraft.objects.get(locale="de").text == "Guten Tag {{ customer.first_name }}!"
    page.get_by_role("button", name="Veröffentlichen").click()
    expect(page.get_by_text("Veröffentlicht.")).to_be_visible()
