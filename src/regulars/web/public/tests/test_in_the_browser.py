"""Unsubscribing as a reader does it: a page with a button; looking at the page changes nothing."""

from typing import Any

import pytest

from regulars.core import clock
from regulars.decide.contact_policy.models import Consent, ContactRequest
from regulars.reach.messaging import tokens
from regulars.reach.messaging.models import Message, Template, TemplateVersion

pytestmark = pytest.mark.browser


def address_for(shop: Any, customer: Any) -> str:
    """The path of the link in a mail that the customer got."""
    now = clock.now()
    template = Template._base_manager.create(shop=shop, key="t", name="T")
    version = TemplateVersion.objects.create(
        template=template, locale="de", version=1, subject="s", source="", created_at=now
    )
    request = ContactRequest._base_manager.create(
        shop=shop, customer=customer, channel="email", purpose="marketing", earliest=now, latest=now, key="k",
        created_at=now,
    )  # fmt: skip
    message = Message._base_manager.create(
        shop=shop, customer=customer, request=request, version=version, purpose="marketing",
        address="rosa@example.com", message_id="m@x", key="k", created_at=now, status="done", sent_at=now,
    )  # fmt: skip
    return f"/u/{tokens.make(tokens.UNSUBSCRIBE, message.pk, 0, tokens.expiry_hour(tokens.UNSUBSCRIBE, now))}"


def consents(customer: Any) -> set[str]:
    rows = Consent._base_manager.filter(customer=customer, purpose="marketing", channel="email")
    return set(rows.values_list("state", flat=True))


def test_looking_changes_nothing_and_the_button_unsubscribes(
    page: Any, live_regulars: str, shop: Any, rosa: Any
) -> None:
    address = live_regulars + address_for(shop, rosa)
    given = consents(rosa)
    assert Consent.State.GRANTED in given

    assert page.request.head(address).status == 200
    assert page.request.get(address, headers={"Purpose": "prefetch", "Sec-Purpose": "prefetch"}).status == 200
    page.goto(address)
    assert consents(rosa) == given

    page.locator("main form[method=post] button, form[method=post] button.btn-primary").first.click()
    page.wait_for_load_state()

    assert page.locator("h1").count() == 1
    assert page.locator("form input[name=List-Unsubscribe]").count() == 0
    assert consents(rosa) == {Consent.State.WITHDRAWN}
