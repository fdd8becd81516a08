"""The pages of notes: who may open them, what they show and change."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from regulars.channels.parcel_note.actions import change_policy, policy_of
from regulars.channels.parcel_note.models import ParcelNote
from regulars.core.models import AuditEntry
from regulars.core.roles import Role
from regulars.decide.contact_policy.models import Contact

pytestmark = pytest.mark.django_db


def url(shop: Any, name: str) -> str:
    return reverse(f"shop:{name}", args=[shop.slug])


@pytest.mark.parametrize("role", Role.values)
def test_each_role_at_each_page(role: str, shop: Any, signed_in: Any) -> None:
    client = signed_in(role)
    packs, sees, rules = role != "analyst", role != "till", role == "owner"
    assert client.get(url(shop, "pack-bench")).status_code == (200 if packs else 403)
    assert client.post(url(shop, "pack-bench"), {"code": "1"}).status_code == (200 if packs else 403)
    assert client.post(url(shop, "pack-bench-ticks"), {"key": "k"}).status_code == (302 if packs else 403)
    assert client.get(url(shop, "parcel-notes")).status_code == (200 if sees else 403)
    assert client.get(url(shop, "settings-notes")).status_code == (200 if rules else 403)
    assert client.post(url(shop, "settings-notes"), {"gift_cost": "1"}).status_code == (302 if rules else 403)


def test_without_a_script_the_bench_works_by_its_forms(
    shop: Any, now: datetime, rosa: Any, note: Any, order: Any, signed_in: Any
) -> None:
    client = signed_in("till")
    note(rosa, gift="Ein <Sticker>")
    order(rosa, "1001")
    seen = client.post(url(shop, "pack-bench"), {"code": "1001"}).content.decode()
    assert "Ein &lt;Sticker&gt;" in seen
    assert "how nice that you are back!" in seen
    assert "1001" in client.get(url(shop, "pack-bench")).content.decode(), "what is in hand is shown"
    row = ParcelNote._base_manager.get()
    sent = {"key": "k1", "message": row.message_id, "token": row.message.lease_token, "reason": ""}
    seen = client.post(url(shop, "pack-bench-ticks"), sent, follow=True).content.decode()
    assert "Bestellung 1001: Die Beilage liegt im Paket." in seen
    assert Contact._base_manager.count() == 1


def test_the_script_gets_the_answer_alone_and_is_told_what_need_not_be_sent_again(
    shop: Any, now: datetime, rosa: Any, note: Any, order: Any, signed_in: Any
) -> None:
    client = signed_in("till")
    note(rosa)
    order(rosa, "1001")
    seen = client.post(url(shop, "pack-bench"), {"code": "1001"}, headers={"X-Bench": "1"}).content.decode()
    assert "data-note" in seen
    assert "<html" not in seen
    row = ParcelNote._base_manager.get()
    sent = {"key": "k1", "message": str(row.message_id), "token": "wrong", "reason": "", "at": now.isoformat()}

    def send(**changes: Any) -> Any:
        return client.post(url(shop, "pack-bench-ticks"), json.dumps({**sent, **changes}), "application/json")

    assert send().json()["is_good"] is False
    for bad in ({"at": "soon"}, {"at": "2026-01-01T00:00:00"}, {"message": "x"}, {"message": "9" * 30}):
        assert send(**bad).status_code == 400
    assert client.post(url(shop, "pack-bench-ticks"), "[]", "application/json").status_code == 400
    good = send(token=row.message.lease_token, at=(now - timedelta(days=3)).isoformat())
    assert good.json() == {"words": "Bestellung 1001: Die Beilage liegt im Paket.", "is_good": True}
    row.refresh_from_db()
    assert row.told_at == row.taken_at, "a clock that is wrong tells nothing from before it was taken"


def test_what_came_of_them_with_nothing_and_with_some(
    shop: Any, now: datetime, rosa: Any, nico: Any, note: Any, order: Any, anna: Any, signed_in: Any
) -> None:
    client = signed_in()
    assert "Noch keine Beilage" in client.get(url(shop, "parcel-notes")).content.decode()
    change_policy(shop, now, None, notes_per_month=40, gift_cost=150)
    note(rosa, nico)
    from regulars.channels.parcel_note.actions import Tick, scan, tick

    for number, one, reason in (("1001", rosa, ""), ("1002", nico, "no_gift")):
        order(one, number)
        said = scan(shop, number, now, anna)
        tick(shop, Tick(number, said.message, said.token, reason), now, anna)
    seen = client.get(url(shop, "parcel-notes")).content.decode()
    assert "1,50\xa0€" in seen
    assert "Das Geschenk ist nicht da" in seen
    assert "Rosa Rot" in seen
    assert "/ 40" in seen


def test_the_budget_is_set_and_what_does_not_fit_is_said_at_its_field(shop: Any, signed_in: Any) -> None:
    client = signed_in()
    for bad in ({"gift_cost": ""}, {"gift_cost": "-1"}, {"gift_cost": "1", "notes_per_month": "-2"}):
        answered = client.post(url(shop, "settings-notes"), bad)
        assert answered.status_code == 422
        assert "field-error" in answered.content.decode()
    assert policy_of(shop).pk is None
    client.post(url(shop, "settings-notes"), {"gift_cost": "1,50", "notes_per_month": "40"})
    row = policy_of(shop)
    assert (row.notes_per_month, row.gift_cost) == (40, 150)
    assert AuditEntry._base_manager.filter(verb="notes.policy_changed").count() == 1
