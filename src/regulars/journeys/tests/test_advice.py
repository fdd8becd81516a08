"""The gallery advises by size, assortment, data and goals, with the shop's own numbers; a small shop otherwise than a large."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from regulars.core.actions import create_staff
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Consent
from regulars.decide.goals.actions import create_goals, rank_goals
from regulars.decide.goals.models import Goal
from regulars.decide.segments import estimate
from regulars.decide.segments.models import CustomerProfile
from regulars.journeys.advice import Advice, advise
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.shop_facts import ShopFacts, facts_of
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, Product

from .handmade import happens


def fill(
    shop: Shop, now: datetime, size: int, *, lapsed: int, orders: int, birthdays: int = 0, phones: int = 0
) -> None:
    """Customers who may all be written to; the first `lapsed` of them are valuable and have stayed away."""
    last = now - timedelta(days=200)
    people = Customer._base_manager.bulk_create(
        Customer(
            shop=shop, number=f"c{n}", created_at=now, updated_at=now,
            birthday_day=3 if n < birthdays else None, birthday_month=4 if n < birthdays else None,
        )
        for n in range(size)
    )  # fmt: skip
    CustomerProfile._base_manager.bulk_create(
        CustomerProfile(
            shop=shop, customer=one, may_email=True, may_phone=n < phones, refreshed_at=now, orders=4 if n < lapsed else 1,
            m=5 if n < lapsed else 1, first_order_at=last, last_order_at=last, favourite_category="Jazz" if n % 2 else "Rock",
        )
        for n, one in enumerate(people)
    )  # fmt: skip
    Consent._base_manager.bulk_create(
        Consent(shop=shop, customer=one, channel="phone", purpose="marketing", state="granted", given_at=now)
        for one in people[:phones]
    )
    Order._base_manager.bulk_create(
        Order(
            shop=shop, customer=people[n], number=f"o{n}", placed_at=now - timedelta(days=3), currency="EUR", value=900
        )
        for n in range(orders)
    )
    Product._base_manager.bulk_create(
        Product(shop=shop, sku=f"s{n}", title=f"S{n}", category=("Jazz", "Rock")[n % 2]) for n in range(4)
    )


def empty() -> None:
    for table in (Order, Product, Customer):
        table._base_manager.all().delete()


def advice(shop: Shop, now: datetime) -> dict[str, Advice]:
    with override("en"):
        found = facts_of(shop, now)
        return {key: advise(shop, one, now, found) for key, one in PLAYBOOKS.items()}


def test_a_dormant_shop_of_300_and_one_of_300_000_get_different_advice(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a dormant shop with 300 customers, of whom 40 agreed to be called
    fill(shop, now, 300, lapsed=80, orders=1, birthdays=31, phones=40)
    small = advice(shop, now)
    # then it begins with those who were worth most, and calls by itself; a birthday mail is a kindness, no test
    assert (small["win_back"].tone, small["win_back"].title) == ("success", "Begin here")
    assert "80 customers who were worth most" in small["win_back"].words
    assert "with 300 customers" in small["win_back"].words
    assert small["lapsing_regular_call"].title == "Recommended"
    assert small["lapsing_regular_call"].words.startswith("40 of 300 customers agreed to be called.")
    assert "With 300 customers, a word from you to these 40 beats a test" in small["lapsing_regular_call"].words
    assert small["birthday_gift"].tone == "warning"
    assert small["birthday_gift"].words.startswith("You know 31 birthdays of 300 customers.")
    # given a shop with a thousand times as many, told from a sample
    empty()
    for name, value in {"COUNTED": 1000, "BLOCKS": 60, "BLOCK": 20, "LEAST": 900}.items():
        monkeypatch.setattr(estimate, name, value)
    fill(shop, now, 3000, lapsed=1600, orders=900, birthdays=900, phones=600)
    hundredfold = Size(facts_of(shop, now), 100)
    with override("en"):
        large = {key: advise(shop, one, now, hundredfold.facts) for key, one in PLAYBOOKS.items()}
    # then every measure can be proven, and nobody calls them all
    assert (large["win_back"].title, large["birthday_gift"].title) == ("Recommended", "Recommended")
    assert "Enough customers to help and to see what it causes." in large["win_back"].words
    assert large["birthday_gift"].words.startswith("You know about 90,000 birthdays of 300,000 customers.")
    assert large["lapsing_regular_call"].title == "Too many to do by hand"
    assert "customers would be on the list" in large["lapsing_regular_call"].words
    assert {key for key in small if small[key].title != large[key].title} >= {
        "win_back", "birthday_gift", "lapsing_regular_call", "interest_newsletter",
    }  # fmt: skip


class Size:
    """A shop as if it were so many times as large: its facts, and the sample that stands for all of it."""

    def __init__(self, facts: ShopFacts, times: int) -> None:
        assert facts.sample is not None
        sample = estimate.Sample(facts.sample.ids, facts.sample.there, facts.sample.everybody * times)
        grown = {
            name: getattr(facts, name) * times for name in ("customers", "orders", "birthdays", "phones", "interests")
        }
        self.facts = ShopFacts(**{**vars(facts), **grown, "sample": sample})


def test_what_is_missing_is_said_with_what_to_do(shop: Shop, rosa: Any, now: datetime) -> None:
    assert {one.title for one in advice(shop, now).values()} == {"No customers yet"}
    fill(shop, now, 20, lapsed=0, orders=0)
    told = {key: one.words for key, one in advice(shop, now).items()}
    assert "No order came in the last 30 days" in told["second_order"]
    assert "put a sign-up form into your shop" in told["welcome"]
    assert "let the shop or the carrier tell" in told["review_request"]
    assert "tell its checkouts over the interface" in told["abandoned_checkout"]
    assert "Nobody agreed to be called" in told["lapsing_regular_call"]
    assert "plan one first" in told["event_invitation"]
    assert "no new product" in told["new_in_your_interest"]
    assert "how long they last" in told["replenishment"]
    # when the data come, the same places say how much there is
    for n in range(3):
        happens(shop, now, "checkout.left", rosa, f"c{n}", checkout_id=n)
    facts = facts_of(shop, now)
    assert (facts.checkouts, facts.orders, facts.categories, facts.customers) == (3, 0, 2, 20)
    with override("de"):
        # (nobody left a checkout that is on record, so nobody fits)
        assert advise(shop, PLAYBOOKS["abandoned_checkout"], now, facts).title == "Noch niemand zu erreichen"


def test_the_shops_first_goal_is_said_and_comes_first(shop: Shop, now: datetime, client: Client) -> None:
    fill(shop, now, 500, lapsed=450, orders=90, birthdays=450)
    staff = create_staff("mara@example.com", now=now, shop=shop, role="marketer")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("shop:measures", args=[shop.slug])

    def listed() -> list[str]:
        shown = client.get(page, headers={"accept-language": "en"}).content.decode()
        return [one for one in re.findall(r"measures/new/([a-z_]+)/", shown) if one in ("birthday_gift", "win_back")]

    create_goals(shop, now)
    goals = {one.kind: one for one in Goal._base_manager.filter(shop=shop)}
    assert goals["win_back"].rank == 1
    assert listed()[0] == "win_back"
    assert "It serves your first goal." in advice(shop, now)["win_back"].words
    first = PLAYBOOKS["birthday_gift"].goal
    rank_goals(shop, [first, *(kind for kind in goals if kind != first)], now)
    assert listed()[0] == "birthday_gift"


def test_the_queries_do_not_grow_with_the_shop(shop: Shop, now: datetime) -> None:
    counts = []
    for size in (20, 400):
        empty()
        fill(shop, now, size, lapsed=size // 2, orders=size // 2, birthdays=size // 2, phones=size // 2)
        with CaptureQueriesContext(connection) as queries:
            facts = facts_of(shop, now)
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            for one in PLAYBOOKS.values():
                advise(shop, one, now, facts)
        counts.append(len(queries))
    # (what is bought again is asked once a day)
    assert counts[2] <= counts[0] <= 16
    assert counts[3] == counts[1]
