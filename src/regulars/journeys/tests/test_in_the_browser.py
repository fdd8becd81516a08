"""The editor of journeys in a real browser, by keyboard alone: add, set, move, copy, remove, undo, publish.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

from typing import Any

import pytest

from regulars.decide.goals.models import Measure
from regulars.journeys import actions
from regulars.journeys.models import Journey, JourneyDraft

from .test_before_start import document

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def editor(page: Any, live_regulars: str, shop: Any, now: Any, rosa: Any) -> Any:
    """A journey of one mail, open for a marketer."""
    from regulars.core.models import Membership, Staff

    actions.save_draft(shop, document(subject="x" * 70), now)
    person = Staff.objects.create_user("m@example.com", "a good long word", name="Erika")
    Membership.objects.create(shop=shop, staff=person, role="marketer")
    path = f"/s/{shop.slug}/journeys/thanks/"
    page.goto(f"{live_regulars}/accounts/login/?next={path}")
    page.get_by_label("E-Mail").fill("m@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    page.locator("#step-hello").wait_for()
    return page


def kinds() -> list[str]:
    return [one["kind"] for one in JourneyDraft._base_manager.get().document["steps"]]


def shows(page: Any, *titles: str) -> None:
    """Waits until the picture shows these steps, from above."""
    found: list[str] = []
    for _n in range(50):
        found = page.eval_on_selector_all(
            ".flow-card[data-kind] .flow-kind", "all => all.map(one => one.textContent.replace(/^\\d+ · /, ''))"
        )
        if found == list(titles):
            return
        page.wait_for_timeout(100)
    assert found == list(titles)


def focused(page: Any) -> str:
    """What a screen reader would call the element with the focus."""
    words: str = page.evaluate(
        """() => { const one = document.activeElement;
        return (one.getAttribute("aria-label") || one.textContent || one.id).replace(/\\s+/g, " ").trim(); }"""
    )
    return words


def test_a_journey_is_built_by_keyboard_and_published(editor: Any, shop: Any) -> None:
    # given the focus on the mail
    editor.locator("#step-hello").focus()
    # when a wait is added below it: plus, then the kind in the palette
    editor.keyboard.press("+")
    editor.locator(".flow-palette").wait_for()
    for _n in range(12):
        if focused(editor).startswith("Warten"):
            break
        editor.keyboard.press("Tab")
    editor.keyboard.press("Enter")
    shows(editor, "Nachricht senden", "Warten", "Ende")
    # then the new step has the focus, is seen to have it, and is read aloud
    assert "2 · Warten" in focused(editor)
    assert editor.evaluate(
        """() => [document.activeElement, document.activeElement.parentElement]
        .map(one => getComputedStyle(one)).some(one => one.outlineStyle !== "none" && one.outlineWidth !== "0px")"""
    )
    assert editor.locator("[data-announce]").text_content() != ""

    # when it is set to five days
    editor.keyboard.press("Enter")
    days = editor.get_by_label("Tage", exact=False).first
    days.wait_for()
    days.fill("5")
    editor.keyboard.press("Tab")
    editor.locator("#step-wait", has_text="5 Tage").wait_for()

    # and moved before the mail, and back by undo
    editor.keyboard.press("Escape")
    editor.locator("#step-wait").focus()
    editor.keyboard.press("Alt+ArrowUp")
    shows(editor, "Warten", "Nachricht senden", "Ende")
    assert "1 · Warten" in focused(editor)
    editor.keyboard.press("Control+z")
    shows(editor, "Nachricht senden", "Warten", "Ende")
    editor.keyboard.press("Control+y")
    shows(editor, "Warten", "Nachricht senden", "Ende")

    # and copied, and the copy removed
    editor.locator("#step-wait").focus()
    editor.keyboard.press("Control+d")
    shows(editor, "Warten", "Warten", "Nachricht senden", "Ende")
    editor.keyboard.press("Delete")
    shows(editor, "Warten", "Nachricht senden", "Ende")
    assert kinds() == ["wait", "send", "exit"]

    # when it is published, then the long subject has to be confirmed
    editor.get_by_role("button", name="Veröffentlichen").focus()
    editor.keyboard.press("Enter")
    start = editor.get_by_role("dialog").get_by_role("button", name="Veröffentlichen und starten")
    start.focus()
    editor.keyboard.press("Enter")
    editor.get_by_text("Der Betreff hat 70 Zeichen").first.wait_for()
    assert not Measure._base_manager.exists()
    editor.get_by_label("Ich habe das gesehen und möchte es so.").focus()
    editor.keyboard.press("Space")
    editor.get_by_role("button", name="Veröffentlichen und starten").focus()
    editor.keyboard.press("Enter")
    editor.wait_for_url("**/measures/thanks/")
    assert Measure._base_manager.get().status == "running"
    steps = Journey._base_manager.get().definition["steps"]
    assert [(one["kind"], one["params"].get("days")) for one in steps] == [("wait", 5), ("send", None), ("exit", None)]


def test_every_place_for_a_step_has_a_name_of_its_own(editor: Any) -> None:
    names = editor.eval_on_selector_all("[data-add]", "all => all.map(one => one.getAttribute('aria-label'))")
    assert len(set(names)) == len(names) == 3


@pytest.mark.parametrize(
    "path", ["journeys/thanks/", "journeys/thanks/?at=hello", "journeys/thanks/?add=start", "journeys/new/"]
)
def test_a_phone_never_scrolls_sideways(editor: Any, live_regulars: str, shop: Any, path: str) -> None:
    editor.set_viewport_size({"width": 390, "height": 844})
    editor.goto(f"{live_regulars}/s/{shop.slug}/{path}")
    assert editor.evaluate("document.documentElement.scrollWidth") <= 390
