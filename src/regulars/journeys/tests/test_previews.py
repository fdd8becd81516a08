"""The preview shows every mail of every playbook as three real customers would get it, in both languages, with their own data."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.simulated import bought, leaves

from regulars.core.actions import create_staff
from regulars.core.scoping import scope
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.preview import messages_of, sample_customers, show
from regulars.know.orders.actions import ProductDraft, leave_checkouts, upsert_products

READY_MADE = sorted(key for key, one in PLAYBOOKS.items() if ".tests" not in type(one).__module__)


@pytest.mark.parametrize("key", READY_MADE)
def test_every_message_is_shown_for_three_customers_in_both_languages(
    shop: Any, rosa: Any, nico: Any, lena: Any, otto: Any, now: datetime, key: str
) -> None:
    playbook = PLAYBOOKS[key]
    settings = playbook.defaults() | {one.key: 10 for one in playbook.settings if one.key == "percent"}
    with scope(shop=shop):
        people = sample_customers(shop, playbook, settings, now)
        choices = messages_of(playbook, settings)
        shown = {
            (one.name, locale, customer.pk): show(shop, playbook, settings, one.name, locale, customer, now)
            for one in choices
            for locale in ("de", "en")
            for customer in people
        }
    assert len(people) == 3
    assert {one.name for one in choices} == set(playbook.message_names)
    for (_name, locale, _customer), one in shown.items():
        text = one.seen.text
        assert len(text) > 60, locale
        assert "{{" not in one.seen.subject + text
        # nothing is left open: no empty quotation, no colon without what it announces, no empty link
        for gap in ("„“", "“”", ": \n", '=""', "  ,"):
            assert gap not in one.seen.subject
        assert not one.seen.subject.rstrip().endswith(":")


def test_customers_whom_it_would_reach_come_first_with_their_own_data(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    # given Lena left a checkout, and the others nothing
    leaves(shop, now, lena)
    leave_checkouts(shop, now)
    playbook = PLAYBOOKS["abandoned_checkout"]
    with scope(shop=shop):
        people = sample_customers(shop, playbook, {}, now)
        own, other = (show(shop, playbook, {}, "reminder", "de", one, now) for one in people[:2])
    assert (people[0].pk, len(people)) == (lena.pk, 3)
    assert "Blue Train" in own.seen.text
    assert own.made_up == []
    # then hers is shown; for the others a sample, which is said
    assert "Kind of Blue" in other.seen.text
    assert len(other.made_up) == 1


def test_a_product_is_the_customers_own(shop: Any, rosa: Any, now: datetime) -> None:
    upsert_products(shop, [ProductDraft("TEA", "Tee", "Tee")], now=now, source="test", is_history=True)
    bought(shop, rosa, "TEA", now, 90, 60, 30)
    with scope(shop=shop):
        shown = show(shop, PLAYBOOKS["replenishment"], {}, "soon", "de", rosa, now)
    assert shown.seen.subject == "Ist noch genug da? Tee"


def test_the_page_lets_choose_among_three_and_says_who_they_are(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime, client: Client
) -> None:
    bought(shop, rosa, "LP", now, 90, 30)
    staff = create_staff("mara@example.com", now=now, shop=shop, role="marketer")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    for key in READY_MADE:
        page = client.get(reverse("shop:playbook", args=[shop.slug, key])).content.decode()
        assert page.count('name="customer"') == 3
        address = reverse("shop:playbook_preview", args=[shop.slug, key])
        assert client.get(address).status_code == 200
    shown = client.get(
        reverse("shop:playbook_preview", args=[shop.slug, "thank_you"]), {"customer": str(rosa.pk)},
        headers={"accept-language": "en"},
    ).content.decode()  # fmt: skip
    assert "Rosa Rot: 2 orders" in shown
