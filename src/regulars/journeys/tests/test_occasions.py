"""What takes customers in and is told in their mails: a left checkout, something new, a gathering; and the steps for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.segments import actions as segments
from regulars.decide.segments.models import CustomerProfile
from regulars.decide.segments.profiles import refresh
from regulars.journeys import actions
from regulars.journeys.kinds import trigger_kinds
from regulars.journeys.models import Enrolment, Intake
from regulars.know.customers.variables import customer as customer_variables
from regulars.know.orders.actions import (
    CheckoutDraft,
    LineDraft,
    OrderDraft,
    ProductDraft,
    ShipmentDraft,
    leave_checkouts,
    upsert_checkouts,
    upsert_orders,
    upsert_products,
    upsert_shipments,
)
from regulars.know.orders.models import Product
from regulars.know.orders.novelties import new_products
from regulars.know.orders.variables import delivered
from regulars.know.timeline.models import Event
from regulars.reach.messaging.models import Message
from regulars.reach.messaging.novelties import novelties
from regulars.reward.gatherings import actions as gatherings
from regulars.reward.gatherings.models import Attendance

from .handmade import at_step, constant_queries, enter, happens, journey_of, keys, run, step

pytestmark = pytest.mark.postgres

BODY = "<mj-section><mj-column><mj-text>Hallo</mj-text></mj-column></mj-section>"


def saying(subject: str) -> dict[str, Any]:
    """A document's message with this subject."""
    return {"hello": {"name": "hello", "texts": {"de": {"subject": subject, "preheader": "", "source": BODY}}}}


CHECKOUT = "{{ checkout.value }} {{ checkout.url }}{% for line in checkout.lines %} {{ line.title }}{% endfor %}"
MAIL = step("mail", "send", message="hello")


def subjects() -> dict[str, Any]:
    """The values that each message was given, by the first name of its customer."""
    return {one.customer.first_name: one.values for one in Message._base_manager.select_related("customer")}


def left(shop: Shop, now: datetime, *customers: Any, token: str = "c", value: int = 2690) -> None:
    active = now - timedelta(minutes=shop.checkout_left_minutes + 1)
    lines = [LineDraft("BT", "Blue Train", 1, value, value)]
    drafts = [
        CheckoutDraft(f"{one.number}-{token}", active, active, lines, one.pk, f"https://shop.example/{one.number}")
        for one in customers
    ]
    upsert_checkouts(shop, drafts, now=now, source="test", is_history=False)
    leave_checkouts(shop, now)


def test_a_left_checkout_takes_its_customer_in_with_what_lay_in_it(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    trigger = {"kind": "checkout_left", "minimum_value": 1000}
    journey_of(shop, now, MAIL, trigger=trigger, messages=saying(CHECKOUT))
    # given Nico's is worth too little, and Lena ordered by the time it is looked at
    left(shop, now, rosa, lena)
    left(shop, now, nico, value=900)
    order = OrderDraft("L1", now, [LineDraft("BT", "Blue Train", 1, 2690, 2690)], lena.number)
    upsert_orders(shop, [order], now=now, source="test", is_history=False)
    run(shop, now)
    assert [len(keys(one)) for one in (rosa, nico, lena)] == [1, 0, 0]
    told = subjects()["Rosa"]
    assert told["checkout.url"] == "https://shop.example/rosa"
    assert told["checkout.value"] == "26,90\xa0€"
    assert [line["title"] for line in told["checkout.lines"]] == ["Blue Train"]
    # when she goes on with it and leaves it again, it is the same checkout
    left(shop, now + timedelta(hours=9), rosa)
    run(shop, now + timedelta(hours=9))
    assert len(keys(rosa)) == 1
    # and a checkout of nobody known concerns nobody
    happens(shop, now, "checkout.left", None, checkout_id=1)
    run(shop, now)
    assert Enrolment._base_manager.count() == 1


def test_the_queries_for_left_checkouts_do_not_grow_with_them(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    journey = journey_of(shop, now, MAIL, trigger={"kind": "checkout_left"}, messages=saying("x"))
    kind, counts = trigger_kinds()["checkout_left"], []
    for number, size in enumerate((2, 40)):
        left(shop, now, *(make_customer(f"Q{number}x{n}") for n in range(size)), token=str(number))
        events = list(Event._base_manager.filter(type="checkout.left").order_by("-pk")[:size])
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            entries = kind.entries(journey, events, now)
        assert len(entries) == size
        counts.append(len(queries))
        actions.enrol(shop, journey, entries, now)
        with CaptureQueriesContext(connection) as queries:
            ways = list(Enrolment._base_manager.all())
            assert len(kind.values(shop, ways, {}, now)) == len(ways)
        counts.append(len(queries))
    assert counts[:2] == counts[2:]


def product(shop: Shop, at: datetime, sku: str, category: str = "Jazz", **more: Any) -> None:
    upsert_products(shop, [ProductDraft(sku, sku, category, **more)], now=at, source="test", is_history=False)


def liking(shop: Shop, now: datetime, category: str, *customers: Any) -> None:
    refresh(shop, now, [one.pk for one in customers])
    CustomerProfile._base_manager.filter(customer__in=customers).update(
        favourite_category=category, last_order_at=now - timedelta(days=20)
    )


def test_what_is_new_is_told_once_a_day_to_those_who_like_its_category(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    # given a catalogue that was told first a month ago
    product(shop, now - timedelta(days=30), "OLD")
    product(shop, now - timedelta(days=25), "OLD2")  # still of the first week
    liking(shop, now, "Jazz", rosa)
    liking(shop, now, "Rock", lena)
    journey_of(shop, now - timedelta(days=40), trigger={"kind": "new_in_interest"})
    run(shop, now)
    assert keys(rosa) == []
    # when two records of jazz come on one day, and one without a category
    product(shop, now, "A", price=2690)
    product(shop, now, "B")
    product(shop, now, "C", category="")
    run(shop, now)
    # then that is one occasion, for Rosa alone
    assert [len(keys(one)) for one in (rosa, nico, lena)] == [1, 0, 0]
    assert Intake._base_manager.count() == 1
    assert [one.sku for one in new_products(shop, now - timedelta(days=9), now)] == ["C", "B", "A"]
    told = novelties(shop, [rosa.pk, nico.pk, lena.pk], now)
    assert (told[rosa.pk]["category"], told[rosa.pk]["title_1"], told[rosa.pk]["title_2"]) == ("Jazz", "B", "A")
    assert told[rosa.pk]["price_2"] == "26,90\xa0€"
    assert (told[lena.pk]["category"], told[nico.pk]["title_1"]) == ("", "")
    # and what cannot be had is no news
    Product._base_manager.filter(sku="B").update(stock=0)
    assert [one.sku for one in new_products(shop, now - timedelta(days=9), now)] == ["C", "A"]


def test_imported_products_are_no_news(shop: Shop, now: datetime) -> None:
    drafts = [ProductDraft("LP", "LP", "Jazz")]
    upsert_products(shop, drafts, now=now, source="test", is_history=True)
    upsert_products(shop, drafts, now=now, source="test", is_history=False)
    assert not Event._base_manager.filter(type="product.added").exists()
    assert new_products(shop, now - timedelta(days=9), now) == []


def test_news_of_a_product_name_it_in_the_mail(shop: Shop, rosa: Any, now: datetime) -> None:
    product(shop, now - timedelta(days=60), "LP", price=2990, url="https://shop.example/lp")
    trigger = {"kind": "price_drop", "interest": ["viewed"]}
    journey_of(
        shop, now - timedelta(days=1), MAIL, trigger=trigger, messages=saying("{{ product.title }} {{ product.price }}")
    )
    happens(shop, now - timedelta(days=3), "product.viewed", rosa, product="LP")
    product(shop, now, "LP", price=1990)
    run(shop, now)
    said = subjects()["Rosa"]
    assert (said["product.title"], said["product.price"]) == ("LP", "19,90\xa0€")
    kind = trigger_kinds()["price_drop"]
    assert kind.example(shop, {}, rosa.pk, "de", now)["product.url"] == "https://shop.example/lp"


def test_what_arrived_last_is_told_of_a_whole_batch(
    shop: Shop, rosa: Any, nico: Any, make_customer: Callable[..., Any], now: datetime
) -> None:
    product(shop, now - timedelta(days=60), "LP", url="https://shop.example/lp")
    for n, days in enumerate((30, 9)):
        lines = [LineDraft("LP", "LP", 1, 900, 900), LineDraft("X", f"Teurer {n}", 1, 5000, 5000)]
        order = OrderDraft(f"R{n}", now - timedelta(days=days), lines, rosa.number)
        upsert_orders(shop, [order], now=now, source="test", is_history=True)
    # the older one came last
    parcels = [ShipmentDraft(f"p{n}", f"R{n}", delivered_at=now - timedelta(days=1 + 2 * n)) for n in range(2)]
    upsert_shipments(shop, parcels, now=now, source="test", is_history=True)
    counts = []
    for people in ([rosa, nico], [rosa, nico, *(make_customer(f"Q{n}") for n in range(20))]):
        with CaptureQueriesContext(connection) as queries:
            told = delivered(shop, [one.pk for one in people], now)
        counts.append(len(queries))
        assert (told[rosa.pk]["order"], told[rosa.pk]["title_1"], told[rosa.pk]["title_2"]) == ("R0", "Teurer 0", "LP")
        assert told[rosa.pk]["url_2"] == "https://shop.example/lp"
        assert set(told[nico.pk].values()) == {""}
    assert counts == [2, 2]
    assert set(customer_variables(shop, [rosa.pk], now)) == {rosa.pk}


def gathering(shop: Shop, now: datetime, days: float, title: str = "Hörabend", **fields: Any) -> Any:
    starts = now + timedelta(days=days)
    made = gatherings.create(
        shop, now=now, **{
            "kind": "reading", "titles": {"de": title}, "place": "Laden", "starts_at": starts,
            "ends_at": starts + timedelta(hours=2), **fields,
        },
    )  # fmt: skip
    return gatherings.open_up(shop, made.pk, now=now)


@pytest.fixture
def everybody(shop: Shop, rosa: Any, nico: Any, now: datetime) -> Any:
    refresh(shop, now)
    rule = {"field": "orders", "op": "at_least", "value": 0}
    segment = segments.create_segment(shop, "Alle", rule, now=now, key="alle")
    with scope(shop=shop):
        segments.keep_members(segment, now)
    return segment


OPENED = {"kind": "gathering_opened", "segment": "alle"}


def test_an_open_gathering_takes_its_segment_in_once(
    shop: Shop, rosa: Any, nico: Any, everybody: Any, now: datetime
) -> None:
    # given a journey for readings, and a reading that was opened before it was published
    gathering(shop, now, 20, "Früher")
    later = now + timedelta(hours=1)
    steps = [step("invite", "invite"), MAIL]
    journey_of(
        shop,
        later,
        *steps,
        trigger={**OPENED, "kinds": "reading"},
        messages=saying("{{ gathering.title }} {{ gathering.url }}"),
    )
    run(shop, later)
    assert keys(rosa) == []
    # when a meet-up and a reading are opened, and the reading once more
    gathering(shop, later, 9, "Treffen", kind="meet_up")
    reading = gathering(shop, later, 30, "Lesung")
    gatherings.close(shop, reading.pk, now=later)
    gatherings.open_up(shop, reading.pk, now=later)
    run(shop, later)
    # then both are asked to the reading, once, and their mail is about it, not about what comes sooner
    assert keys(rosa) == keys(nico) == [f"gathering:{reading.pk}"]
    assert set(Attendance._base_manager.values_list("gathering", "customer")) == {
        (reading.pk, rosa.pk),
        (reading.pk, nico.pk),
    }
    assert subjects()["Rosa"]["gathering.title"] == "Lesung"
    assert "/g/" in subjects()["Rosa"]["gathering.url"]


def test_asking_waiting_and_answers_of_a_batch(shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime) -> None:
    journey = journey_of(
        shop, now, step("ask", "invite"), step("until", "before_gathering", days=2, hour=10),
        step("who", "branch_answer", answers=["yes", "maybe"], then="comes"), step("silent", "exit", reason="silent"),
        step("comes", "exit", reason="comes"),
    )  # fmt: skip
    # without a gathering nobody can be asked
    enter(journey, now, lena)
    run(shop, now)
    assert at_step(lena) == ("ask", "no_gathering")
    # when one is open, they come onto the list of the next, and wait until two days before it
    one = gathering(shop, now, 10)
    enter(journey, now, rosa, nico, key="two")
    run(shop, now)
    gatherings.answer(shop, one.pk, [gatherings.Answer(rosa.pk, "maybe")], now)
    run(shop, now + timedelta(days=7, hours=12))
    assert at_step(rosa) == at_step(nico) == ("until", "due")
    # it was put off by three days: the wait goes on
    gatherings.change(
        shop, one.pk, now=now, starts_at=one.starts_at + timedelta(days=3), ends_at=one.ends_at + timedelta(days=3)
    )
    run(shop, now + timedelta(days=9))
    assert at_step(rosa) == ("until", "due")
    run(shop, now + timedelta(days=11, hours=6))
    assert (at_step(rosa)[1], at_step(nico)[1]) == ("comes", "silent")
    # and who comes when it is nearly there is not reminded of what they just heard
    enter(journey, now + timedelta(days=12), lena, key="late")
    run(shop, now + timedelta(days=12))
    assert at_step(lena) == ("until", "too_late")


@pytest.mark.parametrize("first", ["invite", "before_gathering", "branch_answer"])
def test_the_queries_of_steps_do_not_grow_with_the_batch(
    shop: Shop, make_customer: Callable[..., Any], now: datetime, first: str
) -> None:
    gathering(shop, now, 20)
    params: dict[str, Any] = {
        "invite": {}, "before_gathering": {"days": 2}, "branch_answer": {"answers": ["no"], "then": "end"},
    }[first]  # fmt: skip
    journey = journey_of(shop, now, step("first", first, **params), step("pause", "wait", days=3), step("end", "exit"))
    few, many = constant_queries(shop, journey, make_customer, now)
    assert few == many


def test_a_lot_draws_some_orders_and_a_replay_draws_the_same(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    people = [make_customer(f"L{n}") for n in range(60)]
    refresh(shop, now)
    trigger = {"kind": "order_drawn", "share": 0.3, "most_a_month": 1000}
    journey = journey_of(shop, now, trigger=trigger)
    for n, one in enumerate(people):
        happens(shop, now, "order.placed", one, f"o{n}")
    kind, events = trigger_kinds()["order_drawn"], list(Event._base_manager.filter(type="order.placed").order_by("pk"))
    counts = []
    for some in (events[:5], events):
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            drawn = kind.entries(journey, some, now)
        counts.append(len(queries))
    assert 8 <= len(drawn) <= 30
    assert drawn == kind.entries(journey, events, now)
    assert counts[1] <= 3
    # and a budget holds whatever the lot says
    journey.definition["trigger"]["most_a_month"] = 4
    assert kind.entries(journey, events, now) == drawn[:4]
