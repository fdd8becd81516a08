"""A customer's page of a gathering: only a person's POST answers; the page, the ticket and the calendar's file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.know.timeline.models import Event
from regulars.reward.gatherings import actions, tokens
from regulars.reward.gatherings.models import Attendance, Gathering

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_gathering(shop: Any, now: datetime, time_machine: Any) -> Callable[..., Gathering]:
    time_machine.move_to(now, tick=False)

    def make(**fields: Any) -> Gathering:
        starts = now + timedelta(days=10)
        said = {
            "titles": {"de": "Hörabend", "en": "Listening night"}, "texts": {"de": "Neue Pressungen; laut, bunt."},
            "place": "Rillenweg 33, Berlin", "starts_at": starts, "ends_at": starts + timedelta(hours=3),
        }  # fmt: skip
        made = actions.create(shop, now=now, **{**said, **fields})
        return actions.open_up(shop, made.pk, now=now)

    return make


def door(gathering: Gathering, customer: Any, now: datetime) -> str:
    actions.invite(gathering.shop, gathering.pk, [customer.pk], now)
    row = Attendance._base_manager.get(gathering=gathering, customer=customer)
    return f"/g/{tokens.make(row.pk, gathering.ends_at)}"


def main(response: Any) -> str:
    return str(response.content.decode().partition("<main")[2])


def test_only_a_post_answers_and_the_ticket_is_shown_with_its_picture(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    gathering = make_gathering(capacity=4, guests_each=2)
    address = door(gathering, rosa, now)
    row = Attendance._base_manager.get()
    for _time in range(2):
        for look in (client.get, client.head):
            assert look(address, headers={"User-Agent": "scanner"}).status_code == 200
        assert client.get(f"{address}?says=yes&guests=1").status_code == 200
    row.refresh_from_db()
    assert (row.status, row.answered_at) == ("invited", None)
    page = main(client.get(address))
    assert "Samstag, 20. Juni 2026, 10:00" in page
    assert "4 Plätze sind frei" in page
    assert str(row.ticket) not in page
    # when
    strict = Client(enforce_csrf_checks=True)
    for _time in range(2):
        assert strict.post(address, {"says": "yes", "guests": "1"}).status_code == 302
    # then
    row.refresh_from_db()
    assert (row.status, row.guests, row.source) == ("yes", 1, "link")
    assert Event._base_manager.filter(type="gathering.answered").count() == 1
    page = main(client.get(address))
    assert str(row.ticket) in page
    picture = page.partition('src="/b/qr/')[2].partition('"')[0]
    assert client.get(f"/b/qr/{picture}").content.startswith(b"\x89PNG")
    client.post(address, {"says": "no"})
    assert str(row.ticket) not in main(client.get(address))
    gathering.refresh_from_db()
    assert gathering.taken == 0


def test_who_finds_no_place_waits_and_is_shown_the_place_later(
    shop: Any, rosa: Any, nico: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    gathering = make_gathering(capacity=1)
    first, second = (door(gathering, one, now) for one in (rosa, nico))
    client.post(first, {"says": "yes"})
    assert "Warteliste" in main(client.get(second))
    client.post(second, {"says": "yes"})
    assert "Sie stehen auf der Warteliste" in main(client.get(second))
    client.post(first, {"says": "no"})
    assert "Sie haben einen Platz" in main(client.get(second))


@pytest.mark.parametrize(
    ("fields", "post"),
    [
        ({"capacity": 0, "has_waiting_list": False}, {"says": "yes"}),
        ({"guests_each": 1}, {"says": "yes", "guests": "2"}),
        ({}, {"says": "<script>"}),
        ({}, {}),
    ],
)
def test_what_cannot_be_is_told_and_leaves_nothing(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any, fields: Any, post: Any
) -> None:
    address = door(make_gathering(**fields), rosa, now)
    answer = client.post(address, post)
    assert answer.status_code == 409
    assert 'role="alert"' in main(answer)
    assert "<script>" not in main(answer)
    assert Attendance._base_manager.get().status == "invited"


def test_a_forged_or_old_link_opens_nothing(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any, time_machine: Any
) -> None:
    address = door(make_gathering(), rosa, now)
    forged = address[:-1] + ("A" if address[-1] != "A" else "B")
    for bad in (forged, "/g/x", "/g/" + "ä" * 36):
        assert client.post(bad, {"says": "yes"}).status_code == 404
        assert client.get(f"{bad}/calendar.ics").status_code == 404
    time_machine.move_to(now + timedelta(days=71), tick=False)
    assert client.get(address).status_code == 404
    assert Attendance._base_manager.get().status == "invited"


def test_the_page_speaks_the_customers_language_and_online_the_customers_hour(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    rosa.locale, rosa.timezone = "en", "America/New_York"
    rosa.save()
    online = make_gathering(place="", online_url="https://meet.example/secret")
    address = door(online, rosa, now)
    page = main(client.get(address))
    assert "Listening night" in page
    assert "04:00" in page
    assert "America/New_York" in page
    assert "meet.example" not in page
    client.post(address, {"says": "yes"})
    assert "https://meet.example/secret" in main(client.get(address))
    assert "10:00" in main(client.get(door(make_gathering(), rosa, now)))


def test_the_calendars_file_is_whole(shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any) -> None:
    address = door(make_gathering(titles={"de": "Hörabend, lang; " + "ö" * 60}), rosa, now)
    answer = client.get(f"{address}/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    text = answer.content.decode().replace("\r\n ", "")
    assert "DTSTART:20260620T080000Z\r\n" in text
    assert "SUMMARY:Hörabend\\, lang\\; " + "ö" * 60 + "\r\n" in text
    assert "LOCATION:Rillenweg 33\\, Berlin\r\n" in text
    assert "Neue Pressungen\\; laut\\, bunt.\\n\\nhttp" in text


def test_a_cancelled_gathering_says_so_and_takes_no_answer(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    gathering = make_gathering()
    address = door(gathering, rosa, now)
    client.post(address, {"says": "yes"})
    actions.cancel(shop, gathering.pk, now=now)
    page = main(client.get(address))
    assert "abgesagt" in page
    assert "/b/qr/" not in page
    assert client.post(address, {"says": "no"}).status_code == 409
    assert "STATUS:CANCELLED" in client.get(f"{address}/calendar.ics").content.decode()


def test_a_friend_follows_the_link_that_a_guest_passed_on(
    shop: Any, rosa: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    gathering = make_gathering(takes_friends=True)
    address = door(gathering, rosa, now)
    assert "/gf/" not in main(client.get(address))
    client.post(address, {"says": "yes"})
    link = main(client.get(address)).partition("/gf/")[2].partition('"')[0]
    page = main(client.get(f"/gf/{link}"))
    assert "Hörabend" in page
    assert Attendance._base_manager.count() == 1
    # a machine that fills in every field, and an address that is none, ask nobody
    assert client.post(f"/gf/{link}", {"email": "a@example.com", "website": "x"}).status_code == 200
    assert client.post(f"/gf/{link}", {"email": "a"}).status_code == 422
    assert Attendance._base_manager.count() == 1
    for _time in range(2):
        said = client.post(f"/gf/{link}", {"email": "frieda@example.com", "first_name": "Frieda"})
        assert said.status_code == 200
        assert "Postfach" in main(said)
    row = Attendance._base_manager.get(introduced_by=rosa)
    assert (row.status, row.customer.first_name) == ("invited", "Frieda")
    # once it takes no answers any more the link is over, and a link that was made up never was one
    actions.close(shop, gathering.pk, now=now)
    assert client.get(f"/gf/{link}").status_code == 404
    assert client.get("/gf/" + link[:-2] + "xx").status_code == 404


def test_guests_show_their_names_by_a_button_only(
    shop: Any, rosa: Any, nico: Any, now: datetime, client: Client, make_gathering: Any
) -> None:
    gathering = make_gathering()
    hers, his = door(gathering, rosa, now), door(gathering, nico, now)
    for one in (hers, his):
        client.post(one, {"says": "yes"})
    client.post(his, {"seen": "1"})
    assert "Nico" not in main(client.get(hers))
    client.post(hers, {"seen": "1"})
    assert "Nico" in main(client.get(hers))
    client.post(hers, {"seen": "0"})
    assert "Rosa" not in main(client.get(his))
