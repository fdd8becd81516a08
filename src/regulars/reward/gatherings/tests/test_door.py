"""Check-in: once, whenever the call arrives."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.core.errors import Refused
from regulars.know.timeline.models import Event
from regulars.reward.gatherings.actions import Answer, Arrival, answer, check_in
from regulars.reward.gatherings.models import Attendance, Gathering

pytestmark = pytest.mark.django_db


def test_somebody_is_there_once_and_the_earliest_moment_counts(
    shop: Any, rosa: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering()
    row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes")], now)[rosa.pk]
    begin = gathering.starts_at
    typed = f" {str(row.ticket)[:4].lower()}-{str(row.ticket)[4:].lower()} "
    # given: noted at eight during a gap of the network, sent at nine; another phone noted her at ten past eight
    for key, at in (
        ("b", begin + timedelta(minutes=10)),
        ("a", begin),
        ("a", begin),
        ("b", begin + timedelta(minutes=10)),
    ):
        check_in(shop, gathering.pk, [Arrival(at, key, ticket=typed)], begin + timedelta(hours=1))
    row.refresh_from_db()
    assert (row.checked_in_at, row.check_in_key) == (begin, "b")
    assert Event._base_manager.filter(type="gathering.attended", customer=rosa).count() == 1


def test_a_moment_in_the_future_is_taken_for_now(shop: Any, rosa: Any, now: datetime, make_gathering: Any) -> None:
    gathering = make_gathering()
    row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes")], now)[rosa.pk]
    begin = gathering.starts_at
    check_in(shop, gathering.pk, [Arrival(begin + timedelta(hours=2), "a", attendance_id=row.pk)], begin)
    row.refresh_from_db()
    assert row.checked_in_at == begin


def test_who_has_no_place_takes_one_at_the_door_while_one_is_free(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime, make_gathering: Any
) -> None:
    gathering = make_gathering(capacity=2)
    said = [Answer(rosa.pk, "yes"), Answer(nico.pk, "maybe"), Answer(lena.pk, "maybe")]
    rows = answer(shop, gathering.pk, said, now)
    begin = gathering.starts_at
    check_in(shop, gathering.pk, [Arrival(begin, "n", attendance_id=rows[nico.pk].pk)], begin)
    assert Attendance._base_manager.get(customer=nico).status == "yes"
    with pytest.raises(Refused) as refusal:
        check_in(shop, gathering.pk, [Arrival(begin, "l", attendance_id=rows[lena.pk].pk)], begin)
    assert refusal.value.code == "full"
    assert Attendance._base_manager.get(customer=lena).checked_in_at is None


@pytest.mark.parametrize(
    ("ticket", "key", "after", "code"),
    [
        ("NOBODYHAS2", "k", timedelta(0), "unknown_ticket"),
        ("<script>", "k", timedelta(0), "unknown_ticket"),
        ("", "", timedelta(0), "key_needed"),
        ("", "used", timedelta(0), "key_used_elsewhere"),
        ("", "k", -timedelta(hours=13), "wrong_time"),
        ("", "k", timedelta(hours=28), "wrong_time"),
    ],
)
def test_what_is_no_arrival_is_refused(
    shop: Any,
    rosa: Any,
    nico: Any,
    now: datetime,
    make_gathering: Any,
    ticket: str,
    key: str,
    after: timedelta,
    code: str,
) -> None:
    gathering = make_gathering()
    rows = answer(shop, gathering.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes")], now)
    begin = gathering.starts_at
    check_in(shop, gathering.pk, [Arrival(begin, "used", attendance_id=rows[nico.pk].pk)], begin)
    arrival = Arrival(begin + after, key, ticket=ticket or str(rows[rosa.pk].ticket))
    with pytest.raises(Refused) as refusal:
        check_in(shop, gathering.pk, [arrival], max(begin, begin + after))
    assert refusal.value.code == code
    assert "<" not in str(refusal.value)
    assert Attendance._base_manager.get(customer=rosa).checked_in_at is None
