"""The door in a real browser: what is scanned during a gap of the network arrives when it is back, with its moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.reward.gatherings import actions
from regulars.reward.gatherings.models import Attendance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_tickets_scanned_without_network_are_kept_and_sent(
    page: Any, live_regulars: str, shop: Any, rosa: Any, nico: Any
) -> None:
    from playwright.sync_api import expect

    from regulars.core.actions import create_staff

    now = datetime.now(UTC)
    made = actions.create(
        shop, now=now, titles={"de": "Hörabend"}, place="Berlin", starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )  # fmt: skip
    actions.open_up(shop, made.pk, now=now)
    rows = actions.answer(shop, made.pk, [actions.Answer(one.pk, "yes") for one in (rosa, nico)], now)
    create_staff("till@example.com", now=now, shop=shop, role="till", password="a good long word")
    path = f"/s/{shop.slug}/gatherings/{made.pk}/check-in/"
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_regulars}/accounts/login/?next={path}")
    page.get_by_label("E-Mail").fill("till@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.keyboard.press("Enter")
    field = page.get_by_label("Ticket oder Name")
    expect(field).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # given: no network; a scanner types two tickets
    page.context.set_offline(True)
    for one in (rosa, nico):
        field.fill(str(rows[one.pk].ticket))
        field.press("Enter")
    expect(page.locator("#door-kept")).to_contain_text("2")
    assert not Attendance._base_manager.filter(checked_in_at__isnull=False).exists()
    scanned = datetime.now(UTC)
    # when
    page.context.set_offline(False)
    # then
    expect(page.locator("#door-news li")).to_have_count(2)
    expect(page.locator("#door-kept")).to_be_hidden()
    expect(page.locator("#door-news")).to_contain_text("Willkommen, Rosa Rot!")
    for row in Attendance._base_manager.all():
        assert row.checked_in_at is not None
        assert now < row.checked_in_at < scanned
