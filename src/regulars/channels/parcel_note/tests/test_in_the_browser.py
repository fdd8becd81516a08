"""The pack bench in a real browser: scan, words, tick; ticks and scans of a gap of the network; the camera."""

from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.channels.parcel_note.models import ParcelNote
from regulars.core.actions import create_staff
from regulars.decide.contact_policy.models import Contact

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CAMERA = """
window.BarcodeDetector = class { async detect() { return window.inView ? [{ rawValue: window.inView }] : []; } };
navigator.mediaDevices.getUserMedia = async () => {
  const sheet = document.createElement("canvas");
  sheet.getContext("2d").fillRect(0, 0, 20, 20);
  return sheet.captureStream(10);
};
"""
"""A camera that shows one black sheet, and a reader that reads what the test holds before it: the machine has neither."""


@pytest.fixture
def now() -> datetime:
    """The browser's clock is the real one."""
    return datetime.now(UTC)


@pytest.fixture
def enter(page: Any, live_regulars: str, shop: Any, now: datetime) -> Any:
    from playwright.sync_api import expect

    def sign_in(email: str = "till@example.com") -> Any:
        create_staff(email, now=now, shop=shop, role="till", password="a good long word")
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{live_regulars}/accounts/login/?next=/s/{shop.slug}/pack-bench/")
        page.get_by_label("E-Mail").fill(email)
        page.get_by_label("Passwort", exact=True).fill("a good long word")
        page.keyboard.press("Enter")
        field = page.get_by_label("Bestellnummer")
        expect(field).to_be_focused()
        return field

    return sign_in


def test_scan_words_tick_and_a_gap_of_the_network(
    page: Any, shop: Any, now: datetime, rosa: Any, nico: Any, lena: Any, note: Any, order: Any, enter: Any
) -> None:
    from playwright.sync_api import expect

    note(rosa, nico)
    for number, one in (("1001", rosa), ("1002", nico), ("1003", lena)):
        order(one, number)
    field = enter()
    # a scanner types and presses Enter
    page.keyboard.type("1003\n")
    expect(page.locator("[data-state=nothing]")).to_contain_text("Bestellung 1003: nichts beizulegen.")
    expect(field).to_be_focused()
    page.keyboard.type("1001\n")
    expect(page.locator("blockquote")).to_have_text("Hello Rosa,\nhow nice that you are back!")
    expect(page.locator("[data-gift]")).to_have_text("A sticker")
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('blockquote')).fontSize)") >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Erledigt").click()
    expect(page.locator("#bench-news")).to_contain_text("Bestellung 1001: Die Beilage liegt im Paket.")
    expect(field).to_be_focused()
    # given: the words of the next are read, then the network goes
    page.keyboard.type("1002\n")
    expect(page.locator("blockquote")).to_contain_text("Hello Nico")
    page.context.set_offline(True)
    page.get_by_role("button", name="Erledigt").click()
    expect(page.locator("#bench-kept")).to_contain_text("1")
    page.keyboard.type("1001\n")
    expect(page.locator("#bench-offline")).to_contain_text("1001")
    assert Contact._base_manager.count() == 1
    ticked = datetime.now(UTC)
    # when
    page.context.set_offline(False)
    # then
    expect(page.locator("#bench-news")).to_contain_text("Bestellung 1002: Die Beilage liegt im Paket.")
    expect(page.locator("#bench-kept")).to_be_hidden()
    expect(page.locator("#bench-offline")).to_be_hidden()
    expect(page.locator("[data-state=done]")).to_contain_text("1001")
    assert Contact._base_manager.count() == 2
    late = ParcelNote._base_manager.get(order__number="1002")
    assert late.told_at is not None
    assert late.told_at < ticked, "with the moment of the tick"


def test_a_tick_is_kept_when_the_page_is_closed_without_network(
    page: Any, shop: Any, now: datetime, rosa: Any, note: Any, order: Any, enter: Any, live_regulars: str
) -> None:
    from playwright.sync_api import expect

    note(rosa)
    order(rosa, "1001")
    enter()
    page.keyboard.type("1001\n")
    expect(page.locator("blockquote")).to_be_visible()
    page.context.set_offline(True)
    page.locator("summary", has_text="Nicht möglich").click()
    page.get_by_role("button", name="Das Geschenk ist nicht da").click()
    expect(page.locator("#bench-kept")).to_be_visible()
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(f"{live_regulars}/s/{shop.slug}/pack-bench/")
    expect(page.locator("#bench-news")).to_contain_text("Bestellung 1001: keine Beilage. Das ist vermerkt.")
    assert ParcelNote._base_manager.get().reason == "no_gift"


def test_the_camera_reads_the_barcode_where_the_browser_can(
    page: Any, shop: Any, now: datetime, rosa: Any, lena: Any, note: Any, order: Any, enter: Any
) -> None:
    from playwright.sync_api import expect

    note(rosa)
    order(rosa, "1001")
    order(lena, "1003")
    page.add_init_script(CAMERA)
    enter()
    page.get_by_role("button", name="Kamera benutzen").click()
    expect(page.locator("video")).to_be_visible()
    page.evaluate("window.inView = '1003'")
    expect(page.locator("[data-state=nothing]")).to_be_visible()
    page.evaluate("window.inView = '1001'")
    expect(page.locator("blockquote")).to_contain_text("Hello Rosa")
    page.get_by_role("button", name="Kamera aus").click()
    expect(page.locator("video")).to_be_hidden()
