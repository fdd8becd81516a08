"""Staff pages: planning, inviting with the number shown first, the door, the file; each role at each of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.models import Shop
from regulars.core.roles import Role
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.know.timeline.models import Event
from regulars.reward.gatherings.actions import Answer, answer, invite
from regulars.reward.gatherings.models import Attendance, Gathering

pytestmark = pytest.mark.django_db
FORM = {
    "title-de": "Hörabend", "text-de": "Neue Pressungen.", "kind": "meet_up", "place": "Rillenweg 33",
    "starts_at": "2026-06-20T19:30", "ends_at": "2026-06-20T22:00", "capacity": "2", "guests_each": "1",
    "has_waiting_list": "on",
}  # fmt: skip


@pytest.fixture
def signed_in(shop: Shop, now: datetime, client: Client, time_machine: Any) -> Callable[[str], Client]:
    time_machine.move_to(now, tick=False)

    def enter(role: str = "owner") -> Client:
        person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def segment(shop: Shop, rosa: Any, nico: Any, now: datetime) -> Segment:
    made: Segment = Segment._base_manager.create(
        shop=shop, key="friends", name="Friends", created_at=now, updated_at=now
    )
    for one in (rosa, nico):
        SegmentMember.objects.create(segment=made, customer=one, since=now)
    return made


def url(shop: Shop, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def test_a_gathering_is_planned_opened_filled_and_called_off(
    shop: Shop, rosa: Any, segment: Segment, now: datetime, signed_in: Any
) -> None:
    client = signed_in()
    assert url(shop, "gathering-new") in client.get(url(shop, "gatherings")).content.decode()
    assert client.post(url(shop, "gathering-new"), FORM).status_code == 302
    made = Gathering._base_manager.get()
    assert (made.status, made.starts_at.isoformat(), made.capacity) == ("draft", "2026-06-20T17:30:00+00:00", 2)
    client.post(url(shop, "gathering-step", made.pk, "open"))
    # when: a segment is looked at, nothing happens yet
    seen = client.get(url(shop, "gathering", made.pk), {"segment": "friends"}).content.decode()
    assert "2 Personen einladen" in seen
    assert not Attendance._base_manager.exists()
    for _time in range(2):
        client.post(url(shop, "gathering-invite", made.pk), {"segment": "friends"})
    # then
    assert Attendance._base_manager.filter(status="invited").count() == 2
    assert Event._base_manager.filter(type="gathering.invited").count() == 2
    seen = client.get(url(shop, "gathering", made.pk), {"segment": "friends"}).content.decode()
    assert "Personen einladen" not in seen
    answer(shop, made.pk, [Answer(rosa.pk, "yes", 1)], now)
    assert client.post(url(shop, "gathering-change", made.pk), {**FORM, "capacity": "1"}).status_code == 422
    assert client.post(url(shop, "gathering-change", made.pk), {**FORM, "capacity": "9"}).status_code == 302
    client.post(url(shop, "gathering-step", made.pk, "cancel"))
    made.refresh_from_db()
    assert (made.status, made.capacity, made.taken) == ("cancelled", 9, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"title-de": " "},
        {"place": ""},
        {"ends_at": "2026-06-20T19:00"},
        {"starts_at": "soon"},
        {"capacity": "0"},
        {"online_url": "javascript:alert(1)"},
        {"kind": "picnic"},
    ],
)
def test_what_does_not_fit_is_said_at_its_field(shop: Shop, signed_in: Any, change: Any) -> None:
    answered = signed_in().post(url(shop, "gathering-new"), {**FORM, **change})
    assert answered.status_code == 422
    assert "field-error" in answered.content.decode()
    assert not Gathering._base_manager.exists()


@pytest.mark.parametrize("role", Role.values)
def test_each_role_at_each_door(
    shop: Shop, rosa: Any, segment: Segment, now: datetime, make_gathering: Any, signed_in: Any, role: str
) -> None:
    gathering = make_gathering(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes")], now)[rosa.pk]
    client, pk = signed_in(role), gathering.pk
    plans, sees, doors = role in ("owner", "marketer"), role != "till", role != "analyst"

    def status(is_allowed: bool, good: int = 200) -> int:
        return good if is_allowed else 403

    assert client.get(url(shop, "gatherings")).status_code == 200
    assert client.get(url(shop, "gathering", pk)).status_code == status(sees)
    assert client.get(url(shop, "gathering-csv", pk)).status_code == status(sees)
    assert client.get(url(shop, "gathering-door", pk)).status_code == status(doors)
    assert client.post(url(shop, "gathering-arrivals", pk)).status_code == status(doors, 400)
    for name, args in (("gathering-new", ()), ("gathering-change", (pk,))):
        assert client.get(url(shop, name, *args)).status_code == status(plans)
    assert client.post(url(shop, "gathering-invite", pk), {"segment": "friends"}).status_code == status(plans, 302)
    assert Attendance._base_manager.count() == (2 if plans else 1)
    assert client.post(url(shop, "gathering-door", pk), {"said": row.ticket, "once": "a"}).status_code == status(
        doors, 302
    )
    row.refresh_from_db()
    assert (row.checked_in_at is not None) is doors
    assert client.post(url(shop, "gathering-step", pk, "cancel")).status_code == status(plans, 302)
    gathering.refresh_from_db()
    assert gathering.status == ("cancelled" if plans else "open")


def test_at_the_door_a_ticket_checks_in_and_a_name_is_looked_for(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime, make_gathering: Any, signed_in: Any
) -> None:
    gathering = make_gathering(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2), guests_each=2)
    rows = answer(shop, gathering.pk, [Answer(rosa.pk, "yes", 2), Answer(nico.pk, "yes")], now)
    client, here = signed_in("till"), url(shop, "gathering-door", gathering.pk)
    # a scanner types the ticket and Enter, twice
    said = [
        client.post(here, {"said": str(rows[rosa.pk].ticket).lower()}, follow=True).content.decode() for _t in range(2)
    ]
    assert "Willkommen, Rosa Rot! Gäste: 2." in said[0]
    assert "Rosa Rot ist schon eingecheckt." in said[1]
    assert Event._base_manager.filter(type="gathering.attended").count() == 1
    # a name is looked for, and nobody is checked in by that
    found = client.post(here, {"said": "nico"}, follow=True).content.decode()
    assert f'name="attendance" value="{rows[nico.pk].pk}"' in found
    assert Attendance._base_manager.get(customer=nico).checked_in_at is None
    client.post(here, {"attendance": rows[nico.pk].pk, "once": "x"})
    assert Attendance._base_manager.get(customer=nico).checked_in_at == now
    nobody = client.post(here, {"said": "<b>Lena"}, follow=True).content.decode()
    assert "<b>Lena" not in nobody
    assert 'name="attendance"' not in nobody


def test_a_ticket_kept_during_a_gap_arrives_with_its_moment_once(
    shop: Shop, rosa: Any, now: datetime, make_gathering: Any, signed_in: Any, time_machine: Any
) -> None:
    gathering = make_gathering(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes")], now)[rosa.pk]
    client, here = signed_in("till"), url(shop, "gathering-arrivals", gathering.pk)
    time_machine.move_to(now + timedelta(hours=2), tick=False)
    said = {"key": "k1", "at": (now + timedelta(hours=1)).isoformat(), "ticket": row.ticket}
    goods = [client.post(here, said, content_type="application/json").json()["is_good"] for _time in range(2)]
    row.refresh_from_db()
    assert (goods, row.checked_in_at) == ([True, False], now + timedelta(hours=1))
    refused = client.post(here, {**said, "key": "k2", "ticket": "NOBODYHAS2"}, content_type="application/json")
    assert (refused.status_code, refused.json()["is_good"]) == (200, False)
    for broken in ("[]", "{}", '{"key": "k", "at": "2026-06-10T10:00:00", "ticket": "A"}', '{"at": 1}', "\xff"):
        assert client.post(here, broken, content_type="application/json").status_code == 400


def test_the_file_holds_all_and_computes_nothing(
    shop: Shop, rosa: Any, nico: Any, now: datetime, make_gathering: Any, signed_in: Any
) -> None:
    rosa.first_name = "=HYPERLINK(1)"
    rosa.save()
    gathering = make_gathering()
    invite(shop, gathering.pk, [rosa.pk, nico.pk], now)
    lines = signed_in().get(url(shop, "gathering-csv", gathering.pk)).content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("number,first_name,last_name,status")
    assert any(line.startswith("rosa,'=HYPERLINK(1),Rot,invited,0,") for line in lines)
    assert len(lines) == 3


def test_a_gathering_of_another_shop_is_not_there(
    shop: Shop, now: datetime, make_gathering: Any, signed_in: Any
) -> None:
    other = Shop.objects.create(slug="other", name="Other")
    foreign = make_gathering()
    Gathering._base_manager.filter(pk=foreign.pk).update(shop=other)
    client = signed_in()
    for name in ("gathering", "gathering-change", "gathering-door", "gathering-csv"):
        assert client.get(url(shop, name, foreign.pk)).status_code == 404
    client.post(url(shop, "gathering-step", foreign.pk, "cancel"))
    assert Gathering._base_manager.get().status == "open"
