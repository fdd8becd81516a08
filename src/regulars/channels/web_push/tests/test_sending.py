"""From a granted message to a browser that reads it; and what each answer of a push service means."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.channels.web_push.handover import hand_over
from regulars.channels.web_push.models import PushSubscription
from regulars.decide.contact_policy.actions import withdraw_consent
from regulars.decide.contact_policy.models import Contact
from regulars.know.timeline.models import Event
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import State
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


def states() -> dict[str, tuple[str, str]]:
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def test_the_customers_browser_reads_it(
    shop: Any, now: Any, rosa: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    browser = browser_of(rosa)
    waiting(rosa)
    assert messaging.send_due(shop, now) == 1
    ((path, heads, body),) = push_service.got
    assert path == "/p/1"
    assert (heads["content-encoding"], heads["urgency"], heads["ttl"]) == ("aes128gcm", "normal", str(72 * 3600))
    assert 1 < len(heads["topic"]) <= 32
    assert len(body) < 4096
    said = browser.read(body)
    assert (said["title"], said["text"], said["locale"]) == (
        "New in",
        "Rosa, three records by Nina Simone came in.",
        "de",
    )
    assert "/c/" in said["to"], "she agreed to measuring"
    assert said["settings"].startswith("http")
    assert f"/w/{shop.slug}/push#p." in said["settings"]
    (claims,) = push_service.claims
    assert claims["aud"] == push_service.origin
    assert claims["sub"] == "mailto:post@plattenkiste.example"
    assert 0 < claims["exp"] - now.timestamp() <= 24 * 3600
    assert states() == {"new:rosa": ("done", "")}
    assert Contact._base_manager.get().channel == "push"
    assert Event._base_manager.get(type="message.sent").data["channel"] == "push"
    assert messaging.send_due(shop, now) == 0


def test_without_consent_to_measuring_the_link_is_plain(
    shop: Any, now: Any, make_customer: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    nina = make_customer("Nina", consents=("marketing",))
    browser = browser_of(nina)
    waiting(nina)
    messaging.send_due(shop, now)
    assert browser.read(push_service.got[0][2])["to"] == "https://plattenkiste.example/new"


def test_the_gate_asks_for_the_consent_to_this_channel(
    shop: Any, now: Any, rosa: Any, nico: Any, otto: Any, lena: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    for place, one in enumerate((rosa, nico)):
        browser_of(one, f"/p/{place}")
    withdraw_consent(shop, [nico.pk], "push", "marketing", now)
    waiting(rosa, nico, otto, lena)
    assert states() == {"new:rosa": ("due", ""), "new:nico": ("cancelled", "no_consent")}, "the others have no browser"
    withdraw_consent(shop, [rosa.pk], "push", "marketing", now)
    messaging.send_due(shop, now)
    assert push_service.got == []
    assert states()["new:rosa"] == ("cancelled", "no_consent")


@pytest.mark.parametrize(
    ("answer", "status", "is_kept"),
    [
        ((201, {}), "done", True), ((200, {}), "done", True), ((202, {}), "done", True),
        ((404, {}), "failed", False), ((410, {}), "failed", False),
        ((400, {}), "failed", True), ((403, {}), "failed", True), ((413, {}), "failed", True), ((302, {}), "failed", True),
        ((429, {"Retry-After": "120"}), "due", True), ((500, {}), "due", True), ((503, {"Retry-After": "60"}), "due", True),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    shop: Any,
    now: Any,
    rosa: Any,
    browser_of: Any,
    waiting: Any,
    push_service: Any,
    answer: Any,
    status: str,
    is_kept: bool,
) -> None:
    browser_of(rosa)
    waiting(rosa)
    push_service.answers["/p/1"] = [answer]
    messaging.send_due(shop, now)
    assert states()["new:rosa"][0] == status
    assert PushSubscription._base_manager.exists() is is_kept
    assert Contact._base_manager.count() == (status == "done")
    row = Message._base_manager.get()
    if "Retry-After" in answer[1]:
        assert row.due_at == now + timedelta(seconds=int(answer[1]["Retry-After"]))
    if status == "due":
        topic = push_service.got[0][1]["topic"]
        messaging.send_due(shop, row.due_at)
        assert states()["new:rosa"] == ("done", "")
        assert push_service.got[1][1]["topic"] == topic, "the push service replaces the one that may be waiting"
    if not is_kept:
        assert Event._base_manager.filter(type="push.browser_removed", customer=rosa).count() == 1
        assert Delivery.objects.get().data["code"] == answer[0]


def test_several_browsers_are_one_contact_and_a_dead_one_is_forgotten(
    shop: Any, now: Any, rosa: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    phone, desk = browser_of(rosa, "/p/phone"), browser_of(rosa, "/p/desk")
    browser_of(rosa, "/p/old")
    push_service.answers["/p/old"] = [(410, {})]
    waiting(rosa)
    messaging.send_due(shop, now)
    bodies = {path: body for path, _heads, body in push_service.got}
    assert phone.read(bodies["/p/phone"]) == desk.read(bodies["/p/desk"])
    assert Contact._base_manager.count() == 1
    assert Delivery.objects.get().data["reached"] == 2
    assert set(PushSubscription._base_manager.values_list("endpoint", flat=True)) == {phone.endpoint, desk.endpoint}


def test_one_slow_down_holds_for_all_browsers_of_that_push_service(
    shop: Any, now: Any, make_customer: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    people = [make_customer(f"P{number}") for number in range(40)]
    for place, one in enumerate(people):
        browser_of(one, f"/p/{place}")
        push_service.answers[f"/p/{place}"] = [(429, {"Retry-After": "600"})]
    waiting(*people)
    messaging.send_due(shop, now)
    assert len(push_service.got) <= 16, "those on their way at the same time, no more"
    assert {status for status, _reason in states().values()} == {"due"}
    assert set(Message._base_manager.values_list("due_at", flat=True)) == {now + timedelta(minutes=10)}


def test_silence_after_the_body_was_sent_is_uncertain(push_service: Any, now: Any) -> None:
    push_service.pause = 1.0
    answer = hand_over(f"{push_service.origin}/p/1", {}, b"x", now, may_be_private=True, timeout=0.3)
    assert answer.state is State.UNCERTAIN
    answer = hand_over("http://127.0.0.1:9/", {}, b"x", now, may_be_private=True, timeout=0.3)
    assert answer.state is State.DEFERRED, "nobody was there"


def test_private_networks_are_not_called(push_service: Any, now: Any) -> None:
    answer = hand_over(f"{push_service.origin}/p/1", {}, b"x", now, may_be_private=False)
    assert (answer.state, answer.is_dead) == (State.REFUSED, True)
    assert push_service.got == []


def test_what_is_too_long_is_refused_with_its_length(
    shop: Any, now: Any, rosa: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    browser_of(rosa)
    waiting(rosa, text="ü" * 2000)
    messaging.send_due(shop, now)
    status, reason = states()["new:rosa"]
    assert status == "failed"
    assert "octets" in reason
    assert push_service.got == []


def test_queries_do_not_grow_with_the_batch(
    shop: Any, now: Any, make_customer: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    counts = []
    for size in (3, 12):
        people = [make_customer(f"Q{size}x{number}") for number in range(size)]
        for one in people:
            browser_of(one, f"/p/{one.number}")
        waiting(*people, key=f"k{size}")
        with CaptureQueriesContext(connection) as asked:
            assert messaging.send_due(shop, now) == size
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_browser_that_agreed_to_another_key_is_told_apart(
    shop: Any, now: Any, rosa: Any, browser_of: Any, waiting: Any, push_service: Any
) -> None:
    browser_of(rosa)
    push_service.public = "another"
    waiting(rosa)
    messaging.send_due(shop, now)
    assert states()["new:rosa"] == ("failed", "the browser agreed to another key than the shop's")


def test_a_shop_whose_key_cannot_be_opened_waits(
    shop: Any, now: Any, rosa: Any, browser_of: Any, waiting: Any, push_service: Any, settings: Any
) -> None:
    browser_of(rosa)
    waiting(rosa)
    settings.SECRET_KEY = "another one, which nobody named as a fallback"
    messaging.send_due(shop, now)
    assert states()["new:rosa"][0] == "due"
    assert push_service.got == []
