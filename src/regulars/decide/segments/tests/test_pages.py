"""The pages of segments, through the door a person uses."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.decide.segments.actions import create_segment
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.decide.segments.profiles import refresh

from .test_profiles import order

pytestmark = [pytest.mark.django_db]
HOME = "/s/plattenkiste/segments/"


@pytest.fixture
def marketer(shop: Any, now: datetime, client: Client) -> Client:
    client.force_login(
        create_staff("mia@example.com", now=now, shop=shop, role="marketer", locale="en"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def buyers(shop: Any, rosa: Any, nico: Any, now: datetime) -> Segment:
    order(shop, rosa, now - timedelta(days=10), 5000)
    refresh(shop, now)
    return create_segment(shop, "Buyers", {"field": "orders", "op": "at_least", "value": 1}, now=now)


def test_list_and_detail_show_size_words_and_members(
    marketer: Client, buyers: Segment, rosa: Any, now: datetime
) -> None:
    SegmentMember.objects.create(segment=buyers, customer=rosa, since=now)
    Segment._base_manager.filter(pk=buyers.pk).update(size=1, computed_at=now)
    listed = marketer.get(HOME).content.decode()
    assert "Number of orders at least 1" in listed
    shown = marketer.get(f"{HOME}buyers/").content.decode()
    assert "Rosa Rot" in shown
    assert "Nico" not in shown


def test_the_builder_counts_and_names_what_is_missing(marketer: Client, buyers: Segment) -> None:
    rule = {"all": [{"field": "revenue", "op": "at_least", "value": 5000}]}
    fields = {
        "rule": json.dumps(rule),
        "0-field": "revenue",
        "0-op": "at_least",
        "0-value": "49,99",
        "action": "result",
    }
    told = marketer.post(f"{HOME}new/", fields, headers={"HX-Request": "true"}).content.decode()
    assert "1" in told.split('id="segment-count">')[1][:3]
    assert "Rosa Rot" in told
    assert "Revenue at least €49.99" in told
    wrong = marketer.post(f"{HOME}new/", fields | {"0-value": "much"}, headers={"HX-Request": "true"})
    assert "Complete the marked conditions" in wrong.content.decode()


def test_steps_without_javascript_and_saving(marketer: Client, buyers: Segment, shop: Any) -> None:
    fields = {"rule": json.dumps({"all": []}), "root-joint": "any", "action": "group:root", "name": "Mine"}
    page = marketer.post(f"{HOME}new/", fields)
    assert page.status_code == 200
    assert json.loads(page.context["rule"]) == {"any": [{"any": [{"field": "orders", "op": "at_least", "value": 1}]}]}
    assert page.context["name"] == "Mine"
    fields = {
        "rule": page.context["rule"], "root-joint": "none", "0-0-field": "did:ordered_category", "0-0-op": "did_not",
        "action": "result", "name": "Mine",
    }  # fmt: skip
    page = marketer.post(f"{HOME}new/", fields)
    assert not page.context["is_fine"]
    fields |= {"rule": page.context["rule"], "0-0-what": "Jazz", "0-0-days": "30", "0-0-times": "2", "action": "save"}
    saved = marketer.post(f"{HOME}new/", fields)
    assert saved.status_code == 302
    assert Segment._base_manager.get(key="mine").rule == {
        "not": {"any": [{"any": [{"did_not": "ordered", "category": "Jazz", "within_days": 30, "at_least": 2}]}]}
    }


def test_another_field_starts_from_its_defaults(marketer: Client, buyers: Segment) -> None:
    for field, op, value in (
        ("birthday", "this_month", None), ("may_email", "is", True), ("last_order_at", "within_days", 90),
        ("country", "is", ""), ("revenue", "at_least", 10000), ("p_alive", "at_least", 0.5),
    ):  # fmt: skip
        fields = {
            "rule": json.dumps({"all": [{"field": "orders", "op": "at_least", "value": 3}]}), "0-field": field,
            "0-op": "at_least", "0-value": "3",
        }  # fmt: skip
        page = marketer.post(f"{HOME}new/", fields)
        (node,) = json.loads(page.context["rule"])["all"]
        assert (node["op"], node.get("value")) == (op, value)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "nonsense",
        "[]",
        '{"all": 3}',
        '{"not": {}}',
        '{"all": [{"field": "x"}]}',
        "[" * 50,
        '{"all": [{"field": "revenue", "op": "at_least", "value": []}]}',
        '{"all": [{"field": "birthday", "op": "in_months", "value": 3}]}',
        '{"all": [{"did": "event"}, {"did": "x"}]}',
        '{"all": [{"field": "country", "op": "one_of", "value": [1]}]}',
        '{"all": [{"field": "revenue", "op": "between", "value": ["a", {}]}]}',
    ],
)
def test_a_mangled_form_breaks_nothing(marketer: Client, buyers: Segment, rule: str) -> None:
    for action in ("result", "add:9-9", "remove:root", "group:", "save", "x:y"):
        assert marketer.post(f"{HOME}new/", {"rule": rule, "action": action}).status_code in {200, 302}


def test_change_delete_and_who_may(marketer: Client, buyers: Segment, shop: Any, now: datetime) -> None:
    fields = {
        "rule": json.dumps(buyers.rule), "0-field": "orders", "0-op": "at_least", "0-value": "2", "name": "Two",
        "action": "save",
    }  # fmt: skip
    assert marketer.post(f"{HOME}buyers/change/", fields).status_code == 302
    buyers.refresh_from_db()
    assert (buyers.name, buyers.rule) == ("Two", {"all": [{"field": "orders", "op": "at_least", "value": 2}]})
    server = Client()
    server.force_login(
        create_staff("sven@example.com", now=now, shop=shop, role="service"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert server.get(f"{HOME}buyers/").status_code == 200
    assert server.get(f"{HOME}new/").status_code == 403
    assert server.post(f"{HOME}buyers/delete/").status_code == 403
    assert marketer.get(f"{HOME}buyers/delete/").status_code == 405
    assert marketer.post(f"{HOME}buyers/delete/").status_code == 302
    assert marketer.get(f"{HOME}buyers/").status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_building_a_segment_in_a_browser(
    shop: Any, rosa: Any, nico: Any, page: Any, live_regulars: str, now: datetime
) -> None:
    from playwright.sync_api import expect

    order(shop, rosa, now - timedelta(days=10), 5000)
    order(shop, rosa, now - timedelta(days=20), 5000)
    refresh(shop, now)
    create_staff("mia@example.com", now=now, shop=shop, role="marketer", password="lang-und-sicher", locale="en")
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_regulars}])
    page.goto(f"{live_regulars}{HOME}new/")
    page.fill("input[name=login]", "mia@example.com")
    page.fill("input[type=password]", "lang-und-sicher")
    page.press("input[type=password]", "Enter")
    page.goto(f"{live_regulars}{HOME}new/")
    count = page.locator("#segment-count")
    expect(count).to_have_text("1")
    page.locator("[id='0-value']").fill("0")
    expect(count).to_have_text("2")
    page.get_by_role("button", name="Condition", exact=True).click()
    page.locator("[id='1-field']").focus()
    page.locator("[id='1-field']").select_option("revenue")
    expect(page.locator("[id='1-value']")).to_have_value("100.00")
    expect(page.locator("[id='1-field']")).to_be_focused()  # the keyboard stays where it was
    page.locator("[id='1-value']").fill("99.99")
    expect(count).to_have_text("1")
    page.locator("[id='joint-root']").select_option("none")
    expect(count).to_have_text("0")
    page.get_by_role("button", name="Remove this condition").first.click()
    expect(count).to_have_text("1")
    page.get_by_label("Name", exact=True).fill("Small buyers")
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Small buyers")
