"""Where a parcel can be followed: what the shop says wins, else the carrier's page for its number."""

from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff
from regulars.know.orders.models import Shipment
from regulars.know.orders.tracking import tracking_url
from regulars.reach.messaging.models import Template
from regulars.reach.service_messages import actions


@pytest.mark.parametrize(
    ("carrier", "code", "host"),
    [
        ("DHL", "0034 0434 1610 94", "www.dhl.de"),
        ("dhl Paket", "1", "www.dhl.de"),
        ("DPD", "1", "tracking.dpd.de"),
        ("Hermes", "1", "www.myhermes.de"),
        ("GLS Germany", "1", "gls-group.com"),
        ("UPS", "1Z", "www.ups.com"),
        ("Deutsche Post", "RR1", "www.deutschepost.de"),
        ("Post", "RR1", "www.deutschepost.de"),
        ("Upstream Boten", "1", ""),
        ("Kurier", "1", ""),
        ("DHL", "", ""),
    ],
)
def test_carriers(carrier: str, code: str, host: str) -> None:
    url = tracking_url(Shipment(carrier=carrier, tracking_code=code))
    assert url.partition("//")[2].partition("/")[0] == host
    assert " " not in url


def test_a_number_cannot_leave_its_place_and_the_shops_address_wins() -> None:
    assert tracking_url(Shipment(carrier="UPS", tracking_code="1&x=/../#")).endswith("=1%26x%3D%2F..%2F%23")
    assert (
        tracking_url(Shipment(carrier="UPS", tracking_code="1", tracking_url="https://a.example/1"))
        == "https://a.example/1"
    )


@pytest.mark.django_db
def test_the_preview_of_a_service_mail_shows_no_way_out_of_advertising(shop: Any, now: Any, client: Client) -> None:
    actions.switch(shop, "shipped", True, now)
    client.force_login(
        create_staff("owner@example.com", now=now, shop=shop, role="owner"), "django.contrib.auth.backends.ModelBackend"
    )
    pk = Template._base_manager.get().pk
    for locale, word in (("de", "Sendung verfolgen"), ("en", "Follow the parcel")):
        page = client.get(f"/s/{shop.slug}/templates/{pk}/preview/?locale={locale}").content.decode()
        assert word in page
        assert "piececode=00340434161094" in page
        assert "/u/trial" not in page
