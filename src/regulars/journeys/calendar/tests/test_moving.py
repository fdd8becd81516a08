"""Moving to another day: whole entries, one repetition, an announcement; safe where two people do it at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from icalendar import Calendar

from regulars.core.errors import Refused
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.occurrences import occurrences
from regulars.journeys.calendar.writing import calendar_of

from .test_pages import HOME, entry, row

BERLIN = ZoneInfo("Europe/Berlin")


def send(client: Client, one: CalendarEntry, days: Any, **more: Any) -> Any:
    return client.post(f"{HOME}{one.pk}/move/", {"what": "entry", "days": days, "seen": one.sequence, **more})


def test_an_entry_moves_with_its_announcement_and_back(
    sign_in: Callable[..., Client], shop: Any, now: datetime
) -> None:
    one = entry(shop, now, announced_at=datetime(2026, 4, 20, 9, tzinfo=BERLIN))
    client = sign_in()
    told = send(client, one, 3).json()
    assert told == {"entry": one.pk, "seen": 1, "said": "“Record fair” is moved."}
    assert (row().begins_at, row().ends_at) == (one.begins_at + timedelta(3), one.ends_at + timedelta(3))
    assert row().announced_at == datetime(2026, 4, 23, 9, tzinfo=BERLIN)
    # and what undoing sends brings it back
    assert send(client, row(), -3).status_code == 200
    assert (row().begins_at, row().sequence) == (one.begins_at, 2)


def test_the_announcement_alone_moves_but_not_behind_the_end(
    sign_in: Callable[..., Client], shop: Any, now: datetime
) -> None:
    one = entry(shop, now, announced_at=datetime(2026, 4, 20, 9, tzinfo=BERLIN))
    client = sign_in()
    assert send(client, one, 2, what="announcement").status_code == 200
    assert (row().begins_at, row().announced_at) == (one.begins_at, datetime(2026, 4, 22, 9, tzinfo=BERLIN))
    late = send(client, row(), 40, what="announcement")
    assert (late.status_code, late.json()["code"]) == (422, "announced_late")


def test_who_saw_an_older_one_is_told(sign_in: Callable[..., Client], shop: Any, now: datetime) -> None:
    one = entry(shop, now)
    actions.change(one, {"title": "Bigger fair"}, now)
    answer = send(sign_in(), one, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert row().begins_at == one.begins_at


@pytest.mark.parametrize("days", ["0", "", "x", "99999", "-99999"])
def test_odd_days_move_nothing(sign_in: Callable[..., Client], shop: Any, now: datetime, days: str) -> None:
    one = entry(shop, now)
    assert send(sign_in(), one, days).status_code == 422
    assert row().sequence == 0


def test_only_who_plans_moves(sign_in: Callable[..., Client], shop: Any, now: datetime) -> None:
    one = entry(shop, now)
    for role, status in (("analyst", 403), ("service", 403), ("till", 403)):
        client = sign_in(role)
        assert send(client, one, 1).status_code == status
        if role == "analyst":
            assert "data-grip" not in client.get(HOME, {"day": "2026-05-05"}).content.decode()
    assert row().sequence == 0


@pytest.mark.parametrize("whole_days", [False, True])
def test_one_repetition_moves_alone_over_the_change_of_the_clock(
    sign_in: Callable[..., Client], shop: Any, now: datetime, whole_days: bool
) -> None:
    start = datetime(2026, 3, 20, 0 if whole_days else 10, tzinfo=BERLIN)
    lasts = timedelta(days=1) if whole_days else timedelta(hours=2)
    series = entry(
        shop, now, "Call", begins_at=start, ends_at=start + lasts, recurrence="FREQ=WEEKLY", whole_days=whole_days
    )  # fmt: skip
    original = "20260327" if whole_days else "20260327T090000Z"
    client = sign_in()
    shown = client.get(HOME, {"day": "2026-03-27"}).content.decode()
    assert f'data-original="{original}"' in shown
    # when the second is moved behind the change of the clock
    told = send(client, series, 4, original=original)
    assert told.status_code == 200, told.json()
    rows = list(CalendarEntry._base_manager.order_by("pk"))
    found = occurrences(rows, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 11, tzinfo=UTC))
    hour = 0 if whole_days else 10
    expected = [datetime(2026, *day, hour, tzinfo=BERLIN) for day in ((3, 20), (3, 31), (4, 3), (4, 10))]
    assert [one.begins_at for one in found] == expected
    assert rows[1].ends_at - rows[1].begins_at == lasts
    # then it cannot be moved once more from the series, but by itself, and back
    assert send(client, rows[0], 1, original=original).status_code == 409
    assert send(client, rows[1], -4).status_code == 200
    assert CalendarEntry._base_manager.get(pk=rows[1].pk).begins_at == datetime(2026, 3, 27, hour, tzinfo=BERLIN)
    # and calendar programs are told which one it is
    both = Calendar.from_ical(calendar_of(shop, CalendarEntry._base_manager.order_by("pk"))).walk("VEVENT")
    assert ("RECURRENCE-ID" in both[0], "RECURRENCE-ID" in both[1]) == (False, True)
    assert both[1]["SEQUENCE"] >= 1


@pytest.mark.parametrize("original", ["", "20260328T090000Z", "nonsense", "99999999"])
def test_a_repetition_that_does_not_exist_is_refused(shop: Any, now: datetime, original: str) -> None:
    start = datetime(2026, 3, 20, 10, tzinfo=BERLIN)
    series = entry(shop, now, begins_at=start, ends_at=start, recurrence="FREQ=WEEKLY")
    with pytest.raises(Refused):
        actions.move_by(series, 1, now, seen=0, original=original)
    assert row().sequence == 0
