"""Calls that the gate granted, and people who make them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.reach.messaging.tests.conftest import measure, voucher_variables

__all__ = ["measure", "voucher_variables"]

SCRIPT = "Guten Tag {{ customer.first_name }}, hier ist {{ shop.name }}."


@pytest.fixture
def call(shop: Any, measure: Any, now: datetime) -> Callable[..., None]:
    """`call(rosa, nico)`: a granted call to each, welcome for three days."""
    from regulars.decide.contact_policy.actions import ConsentDraft, grant_consents, grant_due
    from regulars.know.customers.models import Identity
    from regulars.reach.messaging import actions

    def write(*customers: Any, hours: int = 72) -> None:
        for one in customers:
            key = f"+49171{2345670 + one.pk}"
            Identity._base_manager.create(shop=shop, customer=one, kind="phone", value=key, key=key, created_at=now)
            proof = ConsentDraft(
                one.pk, "phone", "marketing", now - timedelta(days=9), {"form": "7"}, source="shop form"
            )
            grant_consents(shop, [proof], now=now)
        actions.save_template(
            shop, "call", "Wiedersehen", "de", "Lange nichts gehört", "", "", now, text=SCRIPT, channel="phone"
        )
        drafts = [
            actions.MessageDraft(
                one.pk, "call", measure.pk, "marketing", 1, now, now + timedelta(hours=hours), f"call:{one.number}"
            )
            for one in customers
        ]
        actions.queue(shop, drafts, now)
        grant_due(shop, now)
        actions.schedule(shop, now)

    return write


@pytest.fixture
def hire(shop: Any, django_user_model: Any) -> Callable[..., Any]:
    """`hire("anna", "service")`: somebody with that role."""
    from regulars.core.models import Membership

    def make(name: str, role: str = "service") -> Any:
        staff = django_user_model.objects.create(email=f"{name}@example.com", name=name.title())
        Membership.objects.create(shop=shop, staff=staff, role=role)
        return staff

    return make
