"""Letters that the gate granted, and where they go."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.core.models import Staff
from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.goals.actions import create_measure
from regulars.know.customers.models import PostalAddress
from regulars.reach.messaging import actions

TEXT = (
    "Guten Tag {{ customer.first_name }} {{ customer.last_name }},\n\nschön, dass es Sie gibt.\n\nSchauen Sie herein!"
)
AT_HOME = {"street": "Rillenweg 33", "postal_code": "12345", "city": "Berlin"}


@pytest.fixture
def lives(shop: Any, now: datetime) -> Callable[..., PostalAddress]:
    """`lives(rosa, city="Köln")`: in Berlin unless said otherwise."""

    def write(customer: Any, **fields: Any) -> PostalAddress:
        made: PostalAddress = PostalAddress._base_manager.create(
            shop=shop, customer=customer, updated_at=now, **{**AT_HOME, **fields}
        )
        return made

    return write


@pytest.fixture
def measure(shop: Any, now: datetime) -> Any:
    return create_measure(shop, "post", "Post", "win_back", "reactivated_customers", now=now, holdout_share=0)


@pytest.fixture
def letter(shop: Any, now: datetime, measure: Any) -> Callable[..., None]:
    """`letter(rosa, nico, text="…")`: a granted letter to each."""
    count = iter(range(10_000))

    def write(*customers: Any, subject: str = "Ein Brief für Sie", text: str = TEXT) -> None:
        actions.save_template(shop, "letter", "Letter", "de", subject, "", "", now, text=text, channel="letter")
        until = now + timedelta(days=7)
        drafts = [
            actions.MessageDraft(one.pk, "letter", measure.pk, "marketing", 1, now, until, f"letter:{next(count)}")
            for one in customers
        ]
        actions.queue(shop, drafts, now)
        grant_due(shop, now)
        actions.schedule(shop, now)

    return write


@pytest.fixture
def anna(shop: Any, now: datetime) -> Staff:
    return create_staff("anna@example.com", now=now, shop=shop, role="service", name="Anna")


@pytest.fixture
def signed_in(shop: Any, now: datetime, client: Client, time_machine: Any) -> Callable[..., Client]:
    """`signed_in("service")`: a browser of somebody in that role, at `now`."""
    time_machine.move_to(now, tick=False)

    def enter(role: str = "owner") -> Client:
        person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        return client

    return enter
