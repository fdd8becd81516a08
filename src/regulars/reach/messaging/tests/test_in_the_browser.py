"""The editor in a real browser: by pointer and by keyboard, undone and redone, saved by itself, published.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

import re
from typing import Any

import pytest

from regulars.reach.messaging import actions
from regulars.reach.messaging.models import TemplateDraft, TemplateVersion
from regulars.reach.messaging.starting_points import block

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def template(shop: Any, now: Any, rosa: Any) -> Any:
    blocks = [
        block("heading", text="Eins"),
        block("text", text="Zwei"),
        block("columns", [], [], []),
        block("button", label="Drei", address="https://plattenkiste.example"),
    ]
    return actions.begin_template(shop, "Neues", {"de": ("Neues aus dem Laden", "", blocks)}, now)


@pytest.fixture
def editor(page: Any, live_regulars: str, shop: Any, template: Any) -> Any:
    """The editor, open for a marketer."""
    from regulars.core.models import Membership, Staff

    person = Staff.objects.create_user("m@example.com", "a good long word", name="Erika")
    Membership.objects.create(shop=shop, staff=person, role="marketer")
    path = f"/s/{shop.slug}/templates/{template.pk}/"
    page.goto(f"{live_regulars}/accounts/login/?next={path}")
    page.get_by_label("E-Mail").fill("m@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(f"**{path}")
    page.locator("[data-template-editor][data-ready]").wait_for()
    return page


def order(page: Any) -> list[str]:
    """What stands in the cards of the outer list, from above."""
    return page.eval_on_selector_all(
        "[data-list=''] > [data-block]", "all => all.map(one => one.querySelector('.block-name').textContent)"
    )


def saved(page: Any) -> None:
    page.locator("[data-part=state][data-state=saved]").wait_for()


def card(page: Any, name: str) -> Any:
    return page.locator("[data-block]", has=page.locator(".block-name", has_text=re.compile(f"^{name}$"))).first


def drag(page: Any, start: Any, x: float, y: float) -> None:
    box = start.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=8)
    page.mouse.up()


def test_a_card_is_dragged_to_another_place_and_the_draft_follows(editor: Any) -> None:
    assert order(editor) == ["Überschrift", "Text", "Spalten", "Button"]
    first = card(editor, "Überschrift").bounding_box()
    drag(editor, card(editor, "Button").locator("[data-grip]"), first["x"] + 80, first["y"] + 4)
    assert order(editor) == ["Button", "Überschrift", "Text", "Spalten"]
    saved(editor)
    assert [one["kind"] for one in TemplateDraft.objects.get().blocks] == ["button", "heading", "text", "columns"]


def test_a_card_is_dragged_into_a_column_and_columns_never_into_themselves(editor: Any) -> None:
    slot = card(editor, "Spalten").locator("[data-list]").nth(1).bounding_box()
    drag(editor, card(editor, "Text").locator("[data-grip]").first, slot["x"] + 40, slot["y"] + 10)
    assert order(editor) == ["Überschrift", "Spalten", "Button"]
    saved(editor)
    held = TemplateDraft.objects.get().blocks[1]
    assert [[one["kind"] for one in slot] for slot in held["slots"]] == [[], ["text"], []]

    slot = card(editor, "Spalten").locator("[data-list]").nth(0).bounding_box()
    drag(editor, card(editor, "Spalten").locator("[data-grip]").first, slot["x"] + 40, slot["y"] + 10)
    assert order(editor) == ["Überschrift", "Spalten", "Button"]


def test_a_kind_is_dragged_out_of_the_palette(editor: Any) -> None:
    place = card(editor, "Text").bounding_box()
    drag(editor, editor.locator("[data-kind=divider]"), place["x"] + 80, place["y"] + 4)
    assert order(editor) == ["Überschrift", "Linie", "Text", "Spalten", "Button"]


def test_everything_by_keyboard_is_told_to_screen_readers(editor: Any) -> None:
    said = editor.locator("[data-part=said]")
    card(editor, "Überschrift").locator("[data-open-block]").focus()
    editor.keyboard.press("Alt+ArrowDown")
    assert order(editor) == ["Text", "Überschrift", "Spalten", "Button"]
    said.get_by_text("Überschrift an Stelle 2 von 4 verschoben.").wait_for()
    assert editor.evaluate("document.activeElement.querySelector('.block-name').textContent") == "Überschrift"

    editor.keyboard.press("Alt+ArrowDown")
    editor.keyboard.press("Alt+ArrowRight")
    assert order(editor) == ["Text", "Spalten", "Button"]
    said.get_by_text("Überschrift in Spalten gelegt.").wait_for()
    editor.keyboard.press("Alt+ArrowLeft")
    assert order(editor) == ["Text", "Spalten", "Überschrift", "Button"]

    editor.keyboard.press("Delete")
    assert order(editor) == ["Text", "Spalten", "Button"]
    editor.keyboard.press("Control+z")
    assert order(editor) == ["Text", "Spalten", "Überschrift", "Button"]
    editor.keyboard.press("Control+z")
    editor.keyboard.press("Control+z")
    editor.keyboard.press("Control+z")
    editor.keyboard.press("Control+z")
    assert order(editor) == ["Überschrift", "Text", "Spalten", "Button"]
    editor.keyboard.press("Control+Shift+z")
    assert order(editor) == ["Text", "Überschrift", "Spalten", "Button"]


def test_words_are_written_seen_in_the_preview_and_published(editor: Any) -> None:
    card(editor, "Text").locator("[data-open-block]").first.click()
    words = editor.locator("[data-part=panel]").get_by_label("Text", exact=True)
    words.fill('Hallo {{ customer.first_name | default("du") }}, **schön**')
    saved(editor)
    frame = editor.frame_locator("[data-part=frame]:not(.is-loading)")
    frame.get_by_text("Hallo Rosa").wait_for()
    assert frame.locator("b", has_text="schön").count() == 1

    editor.get_by_label("Dunkel").click()
    editor.frame_locator("[data-part=frame]:not(.is-loading)").get_by_text("Hallo Rosa").wait_for()
    # a click into the mail opens the block that was clicked
    editor.frame_locator("[data-part=frame]:not(.is-loading)").get_by_text("Eins").click()
    editor.locator("[data-part=panel]").get_by_role("heading", name="Überschrift").wait_for()

    editor.get_by_role("button", name="Veröffentlichen").click()
    editor.get_by_text("Veröffentlicht. Alle Nachrichten").wait_for()
    version = TemplateVersion.objects.get()
    assert (version.locale, version.version) == ("de", 1)
    assert "Hallo {{ customer.first_name" in version.source


def test_the_other_language_is_marked_as_missing_and_taken_over(editor: Any) -> None:
    english = editor.get_by_role("button", name=re.compile("^Englisch"))
    assert english.get_by_text("noch nicht geschrieben").count() == 1
    english.click()
    assert order(editor) == []
    editor.get_by_role("button", name="Andere Sprache übernehmen").click()
    assert order(editor) == ["Überschrift", "Text", "Spalten", "Button"]
    saved(editor)
    assert TemplateDraft.objects.get(locale="en").subject == "Neues aus dem Laden"
    assert editor.locator("[data-locale=en] [data-missing]").is_hidden()


def test_a_second_window_does_not_overwrite_the_first(editor: Any, template: Any, now: Any) -> None:
    actions.save_draft(template, "de", 1, "Von woanders", "", [], now)
    editor.locator("#subject").fill("Von hier")
    editor.locator("[data-part=state][data-state=failed]").wait_for()
    editor.get_by_text("Jemand anders hat diese Vorlage inzwischen geändert").wait_for()
    assert TemplateDraft.objects.get().subject == "Von woanders"
    editor.faults.clear()  # the browser tells of the refused save


def test_a_finger_moves_a_card_on_a_phone(editor: Any) -> None:
    editor.set_viewport_size({"width": 390, "height": 844})
    grip = card(editor, "Button").locator("[data-grip]")
    grip.scroll_into_view_if_needed()
    box, goal = grip.bounding_box(), card(editor, "Text").bounding_box()
    client = editor.context.new_cdp_session(editor)

    def touch(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch("touchStart", x, y)
    for step in range(1, 9):
        touch("touchMove", x + 60 * step / 8, y + (goal["y"] + 3 - y) * step / 8)
    touch("touchEnd", 0, 0)
    assert order(editor) == ["Überschrift", "Button", "Text", "Spalten"]


def test_the_links_are_asked_at_the_push_of_a_button(editor: Any) -> None:
    # the address of the button cannot be found anywhere: .example is kept free of it
    editor.get_by_role("button", name="Links prüfen").click()
    found = editor.locator("[data-part=links] [data-severity=warning]")
    found.wait_for()
    assert "Diesen Server gibt es nicht" in found.inner_text()
    assert editor.get_by_role("button", name="Links prüfen").is_enabled()
