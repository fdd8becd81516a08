"""A campaign in a real browser: composed, looked at, launched, paused, resumed and called off.

The `page` fixture fails a test that leaves an error in the console, as each breach of the policy does.
"""

from typing import Any

import pytest

from regulars.journeys.campaigns.models import Campaign
from regulars.reach.messaging.models import Message

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marketer(page: Any, live_regulars: str, shop: Any, segment: Any, templates: Any, crowd: Any) -> Any:
    """The page of campaigns, open for a marketer; thirty people may be written to."""
    from regulars.core.models import Membership, Staff

    crowd(30)
    person = Staff.objects.create_user("m@example.com", "a good long word", name="Erika")
    Membership.objects.create(shop=shop, staff=person, role="marketer")
    path = f"/s/{shop.slug}/campaigns/"
    page.goto(f"{live_regulars}/accounts/login/?next={path}")
    page.get_by_label("E-Mail").fill("m@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    return page


def onward(page: Any, step: str) -> None:
    page.get_by_role("button", name="Speichern und weiter").click()
    page.wait_for_url(f"**/edit/?step={step}")


def fits(page: Any) -> bool:
    """Whether the page stands on a phone without scrolling sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    return bool(width <= 390)


def test_a_campaign_from_the_first_step_to_calling_it_off(marketer: Any, settings: Any) -> None:
    page, settings.REGULARS_CAMPAIGN_ASKS_ABOVE = marketer, 50
    # given one composed step by step
    page.get_by_role("link", name="Neue Kampagne").first.click()
    page.get_by_label("Name").fill("Sommer")
    page.locator("[name=segment]").select_option(label="Alle")
    page.get_by_text("Dürfen angeschrieben werden").wait_for()
    assert fits(page)
    onward(page, "message")
    page.locator("[name=template]").select_option(label="Sommer")
    assert fits(page)
    onward(page, "test")
    assert fits(page)
    onward(page, "time")
    page.locator("[name=per_hour]").fill("5")
    assert fits(page)
    onward(page, "check")

    # when it is looked at, then what was found in the mail and the number are asked for, and nothing goes out unasked
    page.get_by_text("Diese Sprache fehlt.").wait_for()
    page.get_by_text("Das geht an fast alle").wait_for()
    assert fits(page)
    page.get_by_role("button", name="Jetzt senden").click()  # the browser itself asks for the tick
    assert Campaign._base_manager.get().status == "draft"
    page.get_by_label("Ich habe das gesehen und möchte es so.").check()
    page.get_by_label("Zahl der Personen").fill("7")
    page.get_by_role("button", name="Jetzt senden").click()
    page.get_by_text("Sie wurde nicht gestartet").or_(page.get_by_role("alert")).first.wait_for()
    assert Campaign._base_manager.get().status == "draft"

    # and with the right number it begins; the tick is kept
    assert page.get_by_label("Ich habe das gesehen und möchte es so.").is_checked()
    page.get_by_label("Zahl der Personen").fill("30")
    page.get_by_role("button", name="Jetzt senden").click()
    page.wait_for_url("**/campaigns/sommer/")
    assert Campaign._base_manager.get().status == "sending"
    assert fits(page)

    # and it is paused, resumed and called off
    page.get_by_role("button", name="Pausieren").click()
    page.get_by_role("button", name="Fortsetzen").wait_for()
    assert Campaign._base_manager.get().status == "paused"
    page.get_by_role("button", name="Fortsetzen").click()
    page.get_by_role("button", name="Pausieren").wait_for()
    assert Campaign._base_manager.get().status == "sending"
    page.get_by_role("button", name="Abbrechen").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Abbrechen").last.click()
    page.get_by_role("button", name="Pausieren").wait_for(state="detached")
    assert Campaign._base_manager.get().status == "cancelled"
    assert Message._base_manager.filter(status="done").count() == 0
