"""The calendar in a real browser: entries moved by mouse, by finger, by keyboard and by clicks; undone; a conflict told.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.core import clock
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.models import CalendarEntry

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def fair(shop: Any) -> CalendarEntry:
    begins = datetime(2026, 5, 13, 10, tzinfo=BERLIN)
    values = {"title": "Börse", "begins_at": begins, "ends_at": begins + timedelta(hours=2)}
    return actions.add(shop, values | {"announced_at": begins - timedelta(days=7)}, clock.now())


@pytest.fixture
def calendar(page: Any, live_regulars: str, shop: Any, fair: CalendarEntry) -> Any:
    """The month of the fair, open for a marketer."""
    from regulars.core.models import Membership, Staff

    person = Staff.objects.create_user("m@example.com", "a good long word", name="Erika")
    Membership.objects.create(shop=shop, staff=person, role="marketer")
    path = f"/s/{shop.slug}/calendar/?day=2026-05-13"
    page.goto(f"{live_regulars}/accounts/login/?next={path}")
    page.get_by_label("E-Mail").fill("m@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.keyboard.press("Enter")
    page.locator("[data-grid]").wait_for()
    return page


def day_of(fair: CalendarEntry) -> str:
    fair.refresh_from_db()
    return fair.begins_at.astimezone(BERLIN).date().isoformat()


def item(page: Any, what: str = "entry") -> Any:
    return page.locator(f"[data-item][data-what={what}]")


def stands(page: Any, day: str, what: str = "entry") -> None:
    page.locator(f"[data-day='{day}'] [data-item][data-what={what}]").wait_for()


def carry(page: Any, day: str, what: str = "entry") -> None:
    """Drags it there by mouse."""
    item(page, what).locator("a").hover()
    page.mouse.down()
    target = page.locator(f"[data-day='{day}']").bounding_box()
    page.mouse.move(target["x"] + 40, target["y"] + 30, steps=5)
    assert page.locator(f"[data-day='{day}'][data-over]").count() == 1
    page.mouse.up()


def expect_only(page: Any, status: str) -> None:
    """The browser writes each answer that is no success to its console."""
    assert [status in fault for fault in page.faults] == [True]
    page.faults.clear()


@pytest.mark.parametrize("view", ["month", "week"])
def test_by_mouse_and_back(calendar: Any, fair: CalendarEntry, view: str) -> None:
    page = calendar
    if view == "week":
        page.get_by_role("link", name="Woche").click()
        page.wait_for_url("**view=week**")
    carry(page, "2026-05-15")
    page.get_by_text("„Börse“ ist verschoben.").wait_for()
    stands(page, "2026-05-15")
    assert day_of(fair) == "2026-05-15"
    # the drag opened nothing, and the announcement came along
    assert "/calendar/?" in page.url
    if view == "month":
        stands(page, "2026-05-08", "announcement")
        carry(page, "2026-05-11", "announcement")
        page.wait_for_function("document.querySelector('[data-day=\"2026-05-11\"] [data-what=announcement]')")
        page.get_by_role("button", name="Rückgängig").click()
        stands(page, "2026-05-08", "announcement")
    else:
        page.get_by_role("button", name="Rückgängig").click()
        page.get_by_text("„Börse“ steht wieder wie zuvor.").wait_for()
        assert day_of(fair) == "2026-05-13"
    # and a click without a drag still opens it
    item(page).locator("a").click()
    page.wait_for_url(f"**/calendar/{fair.pk}/")


def test_by_keyboard_alone_and_read_aloud(calendar: Any, fair: CalendarEntry) -> None:
    page = calendar
    grip = page.get_by_role("button", name="Verschieben: Börse, Veranstaltung")
    grip.focus()
    page.keyboard.press("Enter")
    said = page.locator("[data-said]")
    assert "„Börse“ ist aufgenommen" in said.text_content()
    page.keyboard.press("ArrowRight")
    assert "14. Mai 2026" in said.text_content()
    page.keyboard.press("ArrowDown")
    page.locator("[data-day='2026-05-21'][data-over]").wait_for()
    # given up, nothing happens
    page.keyboard.press("Escape")
    assert "bleibt, wo es war" in said.text_content()
    assert day_of(fair) == "2026-05-13"
    # done, it stands there, and has the focus
    page.keyboard.press(" ")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.get_by_text("„Börse“ ist verschoben.").wait_for()
    stands(page, "2026-05-12")
    assert day_of(fair) == "2026-05-12"
    assert "Börse" in page.evaluate("document.activeElement.closest('[data-item]').textContent")
    page.keyboard.press("Control+z")
    stands(page, "2026-05-13")
    assert day_of(fair) == "2026-05-13"
    # beyond what is shown, the calendar follows, and it can be undone there
    page.get_by_role("button", name="Verschieben: Börse, Veranstaltung").focus()
    page.keyboard.press("Enter")
    for _n in range(4):
        page.keyboard.press("ArrowDown")
    assert "10. Juni 2026" in said.text_content()
    page.keyboard.press("Enter")
    page.wait_for_url("**day=2026-06-10")
    stands(page, "2026-06-10")
    page.get_by_role("button", name="Rückgängig").click()
    page.wait_for_url("**day=2026-05-13")
    assert day_of(fair) == "2026-05-13"


def test_by_single_clicks(calendar: Any, fair: CalendarEntry) -> None:
    item(calendar).locator("[data-grip]").click()
    calendar.locator("[data-day='2026-05-19']").click(position={"x": 60, "y": 60})
    stands(calendar, "2026-05-19")
    calendar.get_by_text("„Börse“ ist verschoben.").wait_for()
    assert day_of(fair) == "2026-05-19"


def test_by_finger_on_a_phone(calendar: Any, fair: CalendarEntry) -> None:
    """Through the browser's own events of touch: on the mark it drags, elsewhere the page scrolls."""
    page = calendar
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    grip = item(page).locator("[data-grip]")
    grip.scroll_into_view_if_needed()
    wire = page.context.new_cdp_session(page)
    box = grip.bounding_box()

    def touch(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + 8, box["y"] + 8
    touch("touchStart", x, y)
    touch("touchMove", x, y + 20)
    # while it is moved, the days on which nothing stands are there, too
    page.locator("[data-day='2026-05-14']").wait_for()
    target = page.locator("[data-day='2026-05-14']").bounding_box()
    touch("touchMove", target["x"] + 100, target["y"] + target["height"] / 2)
    page.locator("[data-day='2026-05-14'][data-over]").wait_for()
    touch("touchEnd", 0, 0)
    page.get_by_text("„Börse“ ist verschoben.").wait_for()
    assert day_of(fair) == "2026-05-14"


def test_a_conflict_is_told_and_the_truth_is_shown(calendar: Any, fair: CalendarEntry) -> None:
    actions.move(fair, datetime(2026, 5, 20, 10, tzinfo=BERLIN), clock.now())
    carry(calendar, "2026-05-15")
    calendar.get_by_text("wurde inzwischen geändert").wait_for()
    stands(calendar, "2026-05-20")
    assert day_of(fair) == "2026-05-20"
    expect_only(calendar, "409")


def test_without_an_answer_it_goes_back(calendar: Any, fair: CalendarEntry) -> None:
    calendar.route("**/move/", lambda route: route.fulfill(status=503, body=""))
    carry(calendar, "2026-05-15")
    calendar.get_by_text("der Server antwortet nicht").wait_for()
    stands(calendar, "2026-05-13")
    assert day_of(fair) == "2026-05-13"
    expect_only(calendar, "503")
