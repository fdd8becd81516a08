"""Notes that the gate granted, and orders to put them into."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.core.models import Staff
from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.goals.actions import create_measure
from regulars.know.orders.models import Order
from regulars.reach.messaging import actions

WORDS = "Hello {{ customer.first_name }},\nhow nice that you are back!"


@pytest.fixture
def measure(shop: Any, now: datetime) -> Any:
    return create_measure(shop, "surprise", "Surprise", "win_back", "reactivated_customers", now=now, holdout_share=0)


@pytest.fixture
def note(shop: Any, now: datetime, measure: Any) -> Callable[..., None]:
    """`note(rosa, nico, gift="A sticker")`: a granted note to each, welcome for a week."""
    count = iter(range(10_000))

    def write(*customers: Any, gift: str = "A sticker", words: str = WORDS, days: int = 7) -> None:
        actions.save_template(shop, "note", "Note", "de", gift, "", "", now, text=words, channel="parcel_note")
        until = now + timedelta(days=days)
        drafts = [
            actions.MessageDraft(one.pk, "note", measure.pk, "marketing", 1, now, until, f"note:{next(count)}")
            for one in customers
        ]
        actions.queue(shop, drafts, now)
        grant_due(shop, now)
        actions.schedule(shop, now)

    return write


@pytest.fixture
def order(shop: Any, now: datetime) -> Callable[..., Order]:
    """`order(rosa, "1001")`: placed an hour ago."""

    def place(customer: Any, number: str, **fields: Any) -> Order:
        said = {"placed_at": now - timedelta(hours=1), "currency": "EUR", **fields}
        made: Order = Order._base_manager.create(shop=shop, customer=customer, number=number, **said)
        return made

    return place


@pytest.fixture
def anna(shop: Any, now: datetime) -> Staff:
    return create_staff("anna@example.com", now=now, shop=shop, role="till", name="Anna")


@pytest.fixture
def bert(shop: Any, now: datetime) -> Staff:
    return create_staff("bert@example.com", now=now, shop=shop, role="till", name="Bert")


@pytest.fixture
def signed_in(shop: Any, now: datetime, client: Client, time_machine: Any) -> Callable[..., Client]:
    """`signed_in("till")`: a browser of somebody in that role, at `now`."""
    time_machine.move_to(now, tick=False)

    def enter(role: str = "owner") -> Client:
        person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        return client

    return enter
