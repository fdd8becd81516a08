"""The voucher interface through its door: keys, scopes, shops, idempotency, problems."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_api_key, create_shop, revoke_api_key
from regulars.core.models import Shop
from regulars.reward.offers.actions import issue_public, save_offer
from regulars.reward.offers.models import VoucherRedemption

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def craft(db: None) -> Shop:
    shop = create_shop("craft", now=NOW)
    offer = save_offer(shop, "ten", now=NOW, name="Ten", kind="percent", percent=10, valid_days=3650)
    issue_public(shop, offer, now=NOW, code="SPRING", max_uses=2)
    return shop


def key(shop: Shop, *scopes: str) -> str:
    return create_api_key(shop, "shop", list(scopes), now=NOW)[1]


def redeem(token: str, code: str = "SPRING", *, once: str | None = "o1", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": once} if once else {})
    return Client().post(
        f"/api/v1/vouchers/{code}/redeem", body or {}, content_type="application/json", headers=headers
    )


def test_a_voucher_is_redeemed_once_for_each_idempotency_key(craft: Shop) -> None:
    token = key(craft, "vouchers:redeem")

    first = redeem(token, "spring", body={"order": "1001", "order_value": 12_345})
    again = redeem(token, "spring", body={"order": "1001", "order_value": 12_345})

    assert first.status_code == 200
    assert first.json() == again.json()
    assert first.json()["discount"] == 1_235
    assert first.json()["uses_left"] == 1
    assert VoucherRedemption._base_manager.count() == 1


@pytest.mark.parametrize(
    ("once", "body", "status", "kind"),
    [
        (None, None, 422, "not_valid"),
        ("x" * 121, None, 422, "not_valid"),
        ("o1", {"order_value": -1}, 422, "not_valid"),
        ("o1", {"order_value": 10**20}, 422, "not_valid"),
        ("o1", {"order": "a\x00b"}, 422, "not_valid"),
    ],
)
def test_bad_calls_are_problems_that_name_the_place(
    craft: Shop, once: str | None, body: Any, status: int, kind: str
) -> None:
    answer = redeem(key(craft, "vouchers:redeem"), once=once, body=body)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:regulars:{kind}"
    assert answer.json()["errors"][0]["place"]
    assert not VoucherRedemption._base_manager.exists()


def test_an_unknown_code_is_refused(craft: Shop) -> None:
    answer = redeem(key(craft, "vouchers:redeem"), "NOPE")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:regulars:unknown_voucher")


def test_a_key_opens_its_own_shop_with_its_own_scopes_until_it_is_revoked(craft: Shop) -> None:
    other = create_shop("vinyl", now=NOW)
    assert redeem(key(other, "vouchers:redeem")).status_code == 409
    assert redeem(key(craft, "vouchers:read")).status_code == 403
    assert redeem("rg_made_up").status_code == 401
    row, token = create_api_key(craft, "shop", ["vouchers:redeem"], now=NOW)
    revoke_api_key(row, now=NOW)
    assert redeem(token).status_code == 401
    assert not VoucherRedemption._base_manager.exists()


def test_a_voucher_can_be_looked_up(craft: Shop) -> None:
    headers = {"Authorization": f"Bearer {key(craft, 'vouchers:read')}"}
    found = Client().get("/api/v1/vouchers/SPRING", headers=headers)
    missing = Client().get("/api/v1/vouchers/NOPE", headers=headers)

    assert found.json()["state"] == "open"
    assert found.json()["uses_left"] == 2
    assert missing.status_code == 404
