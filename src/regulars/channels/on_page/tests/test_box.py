"""The box on the shop's page: taken by one page, a contact once it was seen, gone when it was put away."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.channels.on_page import actions
from regulars.decide.contact_policy.actions import grant_consent, object_to_advertising, withdraw_consent
from regulars.decide.contact_policy.models import Channel, Consent, Contact, ContactRequest, Decision, Purpose
from regulars.decide.contact_policy.reachable import reachable_by
from regulars.decide.segments.models import CustomerProfile
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.closing_link import closing_link, link_findings
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


def states() -> dict[str, tuple[str, str]]:
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def test_it_counts_when_it_was_seen_and_not_before(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    waiting(rosa)
    assert messaging.send_due(shop, now) == 0, "no machine sends it"
    box = actions.box_for(shop, rosa.pk, now)
    assert box is not None
    assert (box.title, box.text, box.label) == ("New in", "Rosa, three records by Nina Simone came in.", "Have a look")
    assert Contact._base_manager.count() == 0
    assert actions.seen(shop, rosa.pk, box.number, now)
    assert not actions.seen(shop, rosa.pk, box.number, now), "told twice, counted once"
    contact = Contact._base_manager.get()
    assert (contact.channel, contact.customer_id, contact.at) == ("on_page", rosa.pk, now)
    assert ContactRequest._base_manager.get().status == "used"
    assert Event._base_manager.filter(type="message.sent", customer=rosa).count() == 1


def test_it_stays_until_it_is_put_away_or_too_old(shop: Any, now: Any, rosa: Any, nico: Any, waiting: Any) -> None:
    waiting(rosa, nico)
    later = now + timedelta(days=1)
    for one in (rosa, nico):
        box = actions.box_for(shop, one.pk, now)
        actions.seen(shop, one.pk, box.number, now)
        again = actions.box_for(shop, one.pk, later)
        assert (again.number, again.text) == (box.number, box.text), "on the next page it stands there again"
    assert actions.put_away(shop, nico.pk, box.number, later)
    assert not actions.put_away(shop, nico.pk, box.number, later)
    assert actions.box_for(shop, nico.pk, later) is None
    assert actions.box_for(shop, rosa.pk, later) is not None
    assert actions.box_for(shop, rosa.pk, now + timedelta(hours=73)) is None
    assert Event._base_manager.filter(type="message.put_away").count() == 1
    assert Contact._base_manager.count() == 2


def test_a_page_left_at_once_gives_it_back(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    waiting(rosa)
    first = actions.box_for(shop, rosa.pk, now)
    assert actions.box_for(shop, rosa.pk, now) is None, "another page at the same time gets nothing"
    later = now + kind_of("on_page").lease + timedelta(seconds=1)
    messaging.end_by_hand(shop, later)
    again = actions.box_for(shop, rosa.pk, later)
    assert (again.number, again.text) == (first.number, first.text)
    assert actions.seen(shop, rosa.pk, again.number, later)
    assert Contact._base_manager.count() == 1


def test_who_objected_left_or_is_held_out_sees_nothing(
    shop: Any, now: Any, rosa: Any, otto: Any, nico: Any, measure: Any, waiting: Any
) -> None:
    withdraw_consent(shop, [nico.pk], "on_page", "marketing", now)
    waiting(rosa, otto, nico)
    assert states() == {
        "new:rosa": ("due", ""),
        "new:otto": ("cancelled", "objection"),
        "new:nico": ("cancelled", "no_consent"),
    }
    assert actions.box_for(shop, otto.pk, now) is None
    box = actions.box_for(shop, rosa.pk, now)
    actions.seen(shop, rosa.pk, box.number, now)
    object_to_advertising(shop, [rosa.pk], now)
    assert actions.box_for(shop, rosa.pk, now) is None, "who objects does not see again what stood there"


def test_the_number_shown_before_leaves_out_who_left(shop: Any, now: Any, rosa: Any, otto: Any, nico: Any) -> None:
    withdraw_consent(shop, [nico.pk], "on_page", "marketing", now)
    CustomerProfile._base_manager.bulk_create(
        CustomerProfile(shop=shop, customer=one, has_objected=one == otto) for one in (rosa, otto, nico)
    )
    assert list(Customer._base_manager.filter(reachable_by(Channel.ON_PAGE))) == [rosa]


def test_no_more_ends_this_channel_and_no_other(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    waiting(rosa)
    box = actions.box_for(shop, rosa.pk, now)
    assert box.stop
    actions.seen(shop, rosa.pk, box.number, now)
    assert actions.no_more(shop, rosa.pk, box.number, now)
    waiting(rosa, key="next", at=now + timedelta(days=8))
    assert states()["next:rosa"] == ("cancelled", "no_consent")
    assert Consent._base_manager.filter(customer=rosa, channel="email", purpose="marketing", state="granted").exists()
    later = now + timedelta(days=9)
    grant_consent(shop, rosa.pk, "on_page", Purpose.MARKETING, evidence={"asked": "by phone"}, now=later)
    assert Event._base_manager.filter(type="message.unsubscribed").count() == 1


def test_it_counts_against_the_one_budget(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    shop.contacts_per_week = 1
    shop.save()
    waiting(rosa)
    waiting(rosa, key="second")
    assert sorted(states().values()) == [("cancelled", "budget"), ("due", "")]
    assert Decision._base_manager.filter(reason="budget", customer=rosa).count() == 1


def test_nobody_opens_what_is_anothers(shop: Any, now: Any, rosa: Any, nico: Any, waiting: Any) -> None:
    waiting(rosa)
    box = actions.box_for(shop, rosa.pk, now)
    for what in (actions.seen, actions.put_away, actions.no_more):
        assert not what(shop, nico.pk, box.number, now)
    assert Contact._base_manager.count() == 0


def test_links_are_tracked_only_with_consent(shop: Any, now: Any, rosa: Any, make_customer: Any, waiting: Any) -> None:
    nina = make_customer("Nina", consents=("marketing",))
    waiting(rosa, nina)
    tracked, plain = (actions.box_for(shop, one.pk, now) for one in (rosa, nina))
    assert plain.address == "https://plattenkiste.example/new"
    assert "/c/" in tracked.address
    actions.seen(shop, rosa.pk, tracked.number, now)
    actions.seen(shop, nina.pk, plain.number, now)
    assert Message._base_manager.get(pk=tracked.number).may_track
    token = messaging_token(tracked.address)
    agent = "Mozilla/5.0 (X11; Linux) Firefox/140"
    messaging.note_click(token, now + timedelta(seconds=1), agent=agent)
    messaging.judge(shop, now + timedelta(minutes=1))
    clicked = Event._base_manager.get(type="message.clicked")
    assert clicked.customer_id == rosa.pk, "within a second: it stood before her eyes, no scanner came first"


def messaging_token(address: str) -> Any:
    from regulars.core import clock
    from regulars.reach.messaging import tokens

    return tokens.read(tokens.CLICK, address.rpartition("/c/")[2], clock.now())


def test_a_page_without_a_message_costs_one_query(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert actions.box_for(shop, rosa.pk, now) is None
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_pages_at_once_one_shows_it(shop: Any, now: Any, rosa: Any, waiting: Any) -> None:
    waiting(rosa)
    boxes: list[Any] = []
    begin = threading.Barrier(6)

    def ask() -> None:
        try:
            begin.wait(10)
            boxes.append(actions.box_for(shop, rosa.pk, now))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert len(boxes) == 6
    assert len([box for box in boxes if box]) == 1
    assert Delivery.objects.count() == 0


def test_the_last_line_becomes_the_link() -> None:
    closed = closing_link("Hello.\nTwo lines.\n\nHave a look: https://a.example/b?c=1 \n")
    assert (closed.text, closed.label, closed.address) == (
        "Hello.\nTwo lines.",
        "Have a look",
        "https://a.example/b?c=1",
    )
    assert closing_link("Only words.").address == ""
    assert closing_link("See https://a.example for more.").text == "See https://a.example for more."
    assert [one.code for one in link_findings("en", "https://a.example")] == ["only_a_link"]
    assert [one.code for one in link_findings("en", "See https://a.example now.")] == ["more_than_a_link"]
    assert [one.code for one in link_findings("en", "Hi\na https://a.example https://b.example")] == [
        "more_than_a_link"
    ]
    assert link_findings("en", "Hi\nGo: https://a.example") == []
