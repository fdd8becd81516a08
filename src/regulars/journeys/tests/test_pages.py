"""Pages of measures, through the door that people use: look, set up, start, watch, stop, judge."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.decide.goals.models import Measure
from regulars.journeys.models import Enrolment, Journey

FORM = {"percent": "20", "minimum_value": "30.00", "valid_days": "28", "holdout_share": "0.1"}


@pytest.fixture
def marketer(shop: Any, now: datetime, client: Client) -> Client:
    client.force_login(
        create_staff("mara@example.com", now=now, shop=shop, role="marketer"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def address(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def test_a_marketer_starts_watches_and_stops_a_measure(shop: Any, rosa: Any, marketer: Client) -> None:
    # given the gallery and the set-up page, with its live part and the preview of a real customer
    assert "win_back" in marketer.get(address(shop, "measures")).content.decode()
    assert marketer.get(address(shop, "playbook", "win_back")).status_code == 200
    assert marketer.get(address(shop, "playbook_outlook", "win_back"), FORM).status_code == 200
    preview = marketer.get(address(shop, "playbook_preview", "win_back"), {**FORM, "locale": "de"}).content.decode()
    assert "Rosa, lange nicht gesehen" in preview
    mail = marketer.get(address(shop, "playbook_mail", "win_back"), {**FORM, "locale": "en"})
    assert "K7QF-2MXPAB" in mail.content.decode()
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert mail.headers["X-Frame-Options"] == "SAMEORIGIN"
    # when it is started
    answer = marketer.post(address(shop, "playbook", "win_back"), FORM)
    measure = Measure._base_manager.get(key="win-back")
    assert answer.url == address(shop, "measure", "win-back")  # type: ignore[attr-defined]
    journey = Journey._base_manager.get(measure=measure)
    assert (measure.status, journey.settings["percent"], journey.settings["minimum_value"]) == ("running", 20, 3000)
    assert not journey.takes_present  # only who chose so takes present members in
    # then its pages show it, a second start is refused in words, and stopping needs a POST
    assert marketer.get(address(shop, "measure", "win-back")).status_code == 200
    assert (
        "No message has gone out yet"
        in marketer.get(
            address(shop, "measure_response", "win-back"), headers={"accept-language": "en"}
        ).content.decode()
    )
    assert marketer.get(address(shop, "measure_decisions", "win-back")).status_code == 200
    for figure in ("ordered", "revenue", "margin", "nonsense"):
        assert marketer.get(address(shop, "measure_effect", "win-back"), {"figure": figure}).status_code == 200
    assert marketer.post(address(shop, "playbook", "win_back"), FORM).status_code == 200
    assert Journey._base_manager.count() == 1
    assert marketer.get(address(shop, "measure_stop", "win-back")).status_code == 405
    marketer.post(address(shop, "measure_stop", "win-back"))
    measure.refresh_from_db()
    assert measure.status == "stopped"
    assert not Enrolment._base_manager.exists()


def test_a_wrong_setting_is_shown_and_starts_nothing(shop: Any, marketer: Client) -> None:
    answer = marketer.post(address(shop, "playbook", "win_back"), {**FORM, "percent": "90"})
    assert answer.status_code == 200
    assert not Measure._base_manager.exists()


def test_an_analyst_looks_and_cannot_start(shop: Any, now: datetime, client: Client) -> None:
    client.force_login(
        create_staff("anna@example.com", now=now, shop=shop, role="analyst"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert client.get(address(shop, "measures")).status_code == 200
    assert client.post(address(shop, "playbook", "win_back"), FORM).status_code == 403
    assert not Measure._base_manager.exists()


def test_a_journey_made_by_hand_has_its_page(shop: Any, rosa: Any, now: datetime, marketer: Client) -> None:
    from .handmade import enter, journey_of, run, step

    journey = journey_of(
        shop,
        now,
        step("pause", "wait", weekdays=[1, 5], until_hour=9),
        step("call", "task", title="Call them", who="service"),
        step("lot", "split", ways=[{"key": "a", "share": 0.5}, {"key": "b", "share": 0.5, "to": "end"}]),
        step("end", "exit"),
        trigger={"kind": "customer_date", "date": "first_order_at", "yearly": True, "before_days": 3, "hour": 9},
        description="Why it is there",
        stop={"on": "2027-01-01"},
    )
    enter(journey, now, rosa)
    run(shop, now)
    for language in ("de", "en"):
        page = marketer.get(address(shop, "measure", "made"), headers={"accept-language": language})
        assert page.status_code == 200
        shown = page.content.decode()
        assert "Why it is there" in shown
        assert "Call them" in shown
        assert "2027-01-01" in shown
    assert "made" in marketer.get(address(shop, "measures")).content.decode()


def test_the_gallery_of_a_large_shop_is_told_from_a_sample(
    marketer: Client, shop: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regulars.decide.segments import estimate
    from regulars.decide.segments.models import CustomerProfile
    from regulars.know.customers.models import Customer

    people = Customer._base_manager.bulk_create(
        Customer(shop=shop, number=f"c{n}", birthday_day=3, birthday_month=4, created_at=now, updated_at=now)
        for n in range(2000)
    )
    CustomerProfile._base_manager.bulk_create(
        CustomerProfile(shop=shop, customer=one, may_email=n % 2 == 0, refreshed_at=now) for n, one in enumerate(people)
    )
    page = address(shop, "measures")
    counted = re.sub(r"\s+", " ", marketer.get(page).content.decode())
    assert "2.000 Kunden passen, 1.000 davon dürfen angesprochen werden." in counted
    for name, value in {"COUNTED": 1000, "BLOCKS": 50, "BLOCK": 10, "LEAST": 300}.items():
        monkeypatch.setattr(estimate, name, value)
    about = re.sub(r"\s+", " ", marketer.get(page).content.decode())
    assert "Etwa 2.000 Kunden passen, etwa 1.000 davon dürfen angesprochen werden." in about
