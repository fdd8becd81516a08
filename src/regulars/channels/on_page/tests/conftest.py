"""A shop with pages of its own, and messages that wait for customers on them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from regulars.decide.contact_policy.actions import grant_due
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.tests.conftest import measure
from regulars.reach.storefront import actions as storefronts
from regulars.reach.storefront import signed

__all__ = ["measure", "storefront", "token_of", "waiting"]

SITE = "https://plattenkiste.example"
TEXT = "{{ customer.first_name }}, three records by Nina Simone came in.\nHave a look: https://plattenkiste.example/new"


@pytest.fixture
def storefront(shop: Any, now: Any) -> Any:
    shop.website = SITE
    shop.save(update_fields=["website"])
    return storefronts.renew_key(shop, now)


@pytest.fixture
def token_of(storefront: Any, now: Any) -> Callable[..., str]:
    """What the shop's page says of a customer who is signed in."""
    return lambda customer, at=now: signed.sign(
        storefronts.key_of(storefront), customer.number, at + timedelta(hours=1)
    )


@pytest.fixture
def waiting(shop: Any, measure: Any, now: Any) -> Callable[..., None]:
    """`waiting(rosa, nico)`: a message for each, granted, welcome for three days."""

    def write(*customers: Any, key: str = "new", at: Any = now, text: str = TEXT, purpose: str = "marketing") -> None:
        for locale in ("de", "en"):
            messaging.save_template(shop, key, "New in", locale, "New in", "", "", at, text=text, channel="on_page")
        drafts = [
            messaging.MessageDraft(
                one.pk, key, measure.pk, purpose, 1, at, at + timedelta(hours=72), f"{key}:{one.number}"
            )
            for one in customers
        ]
        messaging.queue(shop, drafts, at)
        grant_due(shop, at)
        messaging.schedule(shop, at)

    return write
