"""Afterwards: photos for those who had a place, thanks for who was there, other words for who was not."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.know.timeline.models import Event
from regulars.reward.gatherings import tokens
from regulars.reward.gatherings.actions import Answer, Arrival, answer, cancel, check_in, thank
from regulars.reward.gatherings.models import Attendance, Gathering, Photo
from regulars.reward.gatherings.variables import of_gatherings

pytestmark = pytest.mark.django_db
THANKS, MISSED = {"de": "Schön war’s!", "en": " "}, {"de": "Schade, nächstes Mal!"}


@pytest.fixture
def evening(make_gathering: Callable[..., Gathering], rosa: Any, nico: Any, lena: Any, now: datetime) -> Gathering:
    """Rosa was there, Nico had a place and was not, Lena declined from the start."""
    made = make_gathering()
    answer(made.shop, made.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes"), Answer(lena.pk, "no")], now)
    row = Attendance._base_manager.get(customer=rosa)
    check_in(made.shop, made.pk, [Arrival(made.starts_at, "k", attendance_id=row.pk)], made.starts_at)
    return made


def after(evening: Gathering) -> datetime:
    return evening.ends_at + timedelta(days=1)


def test_thanks_are_said_once_to_who_was_there_and_other_words_to_who_was_not(
    shop: Any, rosa: Any, nico: Any, evening: Gathering, now: datetime
) -> None:
    with pytest.raises(Refused):
        thank(shop, evening.pk, THANKS, MISSED, now)
    with pytest.raises(Refused):
        thank(shop, evening.pk, THANKS, {"de": ""}, after(evening))
    assert of_gatherings(shop, [(rosa.pk, evening.pk)])[rosa.pk, evening.pk]["thanks"] == ""
    assert thank(shop, evening.pk, THANKS, MISSED, after(evening)) == 2
    assert thank(shop, evening.pk, {"de": "Danke!"}, MISSED, after(evening)) == 0
    told = Event._base_manager.filter(type__in=("gathering.thanked", "gathering.missed"))
    assert dict(told.values_list("customer_id", "type")) == {rosa.pk: "gathering.thanked", nico.pk: "gathering.missed"}
    words = of_gatherings(shop, [(rosa.pk, evening.pk), (nico.pk, evening.pk)])
    assert {pk: one["thanks"] for (pk, _gathering), one in words.items()} == {rosa.pk: "Danke!", nico.pk: MISSED["de"]}


def test_a_gathering_that_was_called_off_thanks_nobody(shop: Any, evening: Gathering, now: datetime) -> None:
    cancel(shop, evening.pk, now=now)
    with pytest.raises(Refused):
        thank(shop, evening.pk, THANKS, MISSED, after(evening))


def picture(colour: str) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    file.name = f"{colour}.png"
    file.seek(0)
    return file


def staff(shop: Any, role: str) -> Client:
    person = create_staff(f"{role}@example.com", now=datetime(2026, 6, 1, tzinfo=UTC), shop=shop, role=role)
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def test_photos_and_words_are_put_up_by_staff_and_seen_by_those_who_had_a_place(
    shop: Any, rosa: Any, nico: Any, lena: Any, evening: Gathering, time_machine: Any
) -> None:
    time_machine.move_to(after(evening), tick=False)
    client, here = staff(shop, "marketer"), f"/s/{shop.slug}/gatherings/{evening.pk}/"
    client.post(f"{here}photos/", {"photos": [picture("red"), picture("blue"), picture("red")]})
    assert Photo._base_manager.count() == 2
    broken = io.BytesIO(b"no picture")
    broken.name = "x.png"
    assert "x.png" in client.post(f"{here}photos/", {"photos": [broken]}, follow=True).content.decode()
    words = {"thanks-de": "Schön war’s!", "missed-de": "Schade!"}
    assert client.post(f"{here}thank/", words).status_code == 302

    def seen(customer: Any) -> str:
        row = Attendance._base_manager.get(customer=customer, gathering=evening)
        return Client().get(f"/g/{tokens.make(row.pk, evening.ends_at)}").content.decode()

    assert (seen(rosa).count("<img"), "Schön war’s!" in seen(rosa)) == (2, True)
    assert (seen(nico).count("<img"), "Schade!" in seen(nico)) == (2, True)
    assert seen(lena).count("<img") == 0
    page = client.get(here).content.decode()
    assert page.count('name="remove"') == 2
    client.post(f"{here}photos/", {"remove": Photo._base_manager.first().pk})
    assert seen(rosa).count("<img") == 1


def test_staff_answers_for_a_customer_by_the_same_rules(
    shop: Any, rosa: Any, nico: Any, make_gathering: Any, now: datetime, time_machine: Any
) -> None:
    time_machine.move_to(now, tick=False)
    evening = make_gathering(capacity=1)
    answer(shop, evening.pk, [Answer(rosa.pk, "yes")], now)
    client, here = staff(shop, "marketer"), f"/s/{shop.slug}/gatherings/{evening.pk}/"
    said = client.post(f"{here}answer/", {"customer": nico.pk, "says": "yes"}, follow=True).content.decode()
    assert "auf der Warteliste" in said
    row = Attendance._base_manager.get(customer=nico)
    assert (row.status, row.source) == ("waiting", "staff")
    client.post(f"{here}answer/", {"customer": rosa.pk, "says": "no"})
    row.refresh_from_db()
    assert row.status == "yes"


@pytest.mark.parametrize("role", ["service", "analyst", "till"])
@pytest.mark.parametrize("what", ["answer", "photos", "thank"])
def test_who_may_not_plan_gatherings_does_none_of_this(role: str, what: str, shop: Any, make_gathering: Any) -> None:
    evening = make_gathering()
    assert staff(shop, role).post(f"/s/{shop.slug}/gatherings/{evening.pk}/{what}/").status_code == 403
