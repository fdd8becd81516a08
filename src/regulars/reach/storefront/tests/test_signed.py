"""Who is signed in, in the shop's own words: signed, expiring, and by no other key."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.roles import Role
from regulars.reach.storefront import actions, signed
from regulars.reach.storefront.models import Storefront

HOUR = timedelta(hours=1)


def test_a_token_is_what_every_shop_system_can_make() -> None:
    """The form is public: a change would shut out every shop."""
    ends = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    said = b"10023:1780315200"
    by_hand = "10023:1780315200:" + hmac.new(b"secret", said, sha256).hexdigest()
    assert signed.sign("secret", "10023", ends) == by_hand
    assert signed.number_in("secret", by_hand, ends - HOUR) == "10023"
    assert signed.number_in("secret", by_hand.upper(), ends - HOUR) == "10023", "some systems write A-F"


@pytest.mark.parametrize("number", ["1", "gid://shopify/Customer/7", "über:1:2", "a b", "x" * 64])
def test_any_number_comes_back(number: str, now: datetime) -> None:
    assert signed.number_in("k", signed.sign("k", number, now + HOUR), now) == number


def test_what_does_not_hold_names_nobody(now: datetime) -> None:
    good = signed.sign("k", "rosa", now + HOUR)
    assert signed.number_in("k", good, now) == "rosa"
    for token, why in (
        (signed.sign("other", "rosa", now + HOUR), "another key"),
        (signed.sign("k", "rosa", now), "over"),
        (signed.sign("k", "rosa", now + timedelta(days=9)), "holds too long"),
        (good.replace("rosa", "nico"), "another customer"),
        (good[:-1], "cut"),
        ("", "nothing"),
        ("rosa:1:", "no signature"),
        (signed.sign("k", "", now + HOUR), "no number"),
    ):
        assert signed.number_in("k", token, now) is None, why
    assert signed.number_in("", signed.sign("", "rosa", now + HOUR), now) is None, "without a key nobody is signed in"


@given(st.text(max_size=120))
def test_no_text_does_harm(text: str) -> None:
    moment = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
    assert signed.number_in("k", text, moment) is None
    assert signed.number_in("k", f"{text}:1780315200:{'0' * 64}", moment) is None


@pytest.mark.django_db
def test_the_key_is_sealed_renewed_and_only_the_owner_sees_it(shop: Any, rosa: Any, now: datetime) -> None:
    row = actions.renew_key(shop, now)
    former = actions.key_of(row)
    assert former not in Storefront._base_manager.get().key
    assert actions.signed_customer(shop, row, signed.sign(former, "rosa", now + HOUR), now) == rosa.pk
    assert actions.signed_customer(shop, row, signed.sign(former, "nobody", now + HOUR), now) is None
    row = actions.renew_key(shop, now)
    assert Storefront._base_manager.count() == 1
    assert actions.signed_customer(shop, row, signed.sign(former, "rosa", now + HOUR), now) is None
    for role in Role.values:
        staff = create_staff(f"{role}@example.com", shop=shop, role=role, now=now)
        client = Client()
        client.force_login(staff)
        answer = client.get(reverse("shop:settings-storefront", args=[shop.slug]))
        assert (answer.status_code == 200) is (role == Role.OWNER), role
        assert (actions.key_of(row) in answer.content.decode()) is (role == Role.OWNER)
        made = client.post(reverse("shop:settings-storefront-key", args=[shop.slug]))
        assert made.status_code == (302 if role == Role.OWNER else 403)
        row.refresh_from_db()


@pytest.mark.django_db
def test_only_the_shops_own_pages_may_ask(shop: Any, now: datetime) -> None:
    shop.website = "https://www.plattenkiste.example/shop"
    row = actions.change_origins(shop, "https://en.plattenkiste.example\n\nhttp://localhost:8080/\n", now)
    assert actions.origins_of(shop, row) == {
        "https://www.plattenkiste.example", "https://plattenkiste.example", "https://en.plattenkiste.example",
        "http://localhost:8080",
    }  # fmt: skip
    for wrong in (
        "plattenkiste.example",
        "https://x.example/page",
        "ftp://x.example",
        "https://a@x.example",
        "https://[1",
    ):
        with pytest.raises(Refused) as refused:
            actions.change_origins(shop, f"https://good.example\n{wrong}", now)
        assert wrong[:8] in str(refused.value)
    assert actions.storefront_of(shop).origins == row.origins, "what was there stays"
