"""The pages of the calendar, through the door a person uses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core import clock
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.models import CalendarEntry

HOME = "/s/plattenkiste/calendar/"
BERLIN = ZoneInfo("Europe/Berlin")


def entry(shop: Any, now: datetime, title: str = "Record fair", **values: Any) -> CalendarEntry:
    begins = datetime(2026, 5, 5, 10, tzinfo=BERLIN)
    fixed = {"title": title, "begins_at": begins, "ends_at": begins + timedelta(hours=2)}
    return actions.add(shop, fixed | values, now)


def row() -> CalendarEntry:
    found: CalendarEntry = CalendarEntry._base_manager.get()
    return found


FORM = {
    "title": "Record fair", "kind": "event", "begins_at": "2026-05-05T10:00", "ends_at": "2026-05-05T18:00",
    "announced_at": "2026-04-20T09:00", "recurrence": "", "status": "planned",
}  # fmt: skip


def test_an_entry_is_written_shown_changed_and_called_off(sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    # given an empty calendar, which says what to do
    assert "Nothing is planned yet" in client.get(HOME).content.decode()
    # when an entry is written
    assert client.post(f"{HOME}new/", FORM).url == f"{HOME}?day=2026-05-05"
    made = row()
    assert made.begins_at == datetime(2026, 5, 5, 8, tzinfo=UTC)
    assert made.announced_at == datetime(2026, 4, 20, 7, tzinfo=UTC)
    # then all views show it, and the month before shows the announcement
    for view in ("month", "week", "list"):
        shown = client.get(HOME, {"view": view, "day": "2026-05-04"}).content.decode()
        assert "Record fair" in shown
        assert "Nothing is planned yet" not in shown
    april = client.get(HOME, {"day": "2026-04-10"}).content.decode()
    assert "announcement" in april
    # when it is changed with the form as it was shown
    changed = FORM | {"title": "Big record fair", "whole_days": "on", "seen": "0"}
    assert client.post(f"{HOME}{made.pk}/", changed).status_code == 302
    made = row()
    assert (made.title, made.sequence) == ("Big record fair", 1)
    assert (made.begins_at, made.ends_at) == (
        datetime(2026, 5, 4, 22, tzinfo=UTC),
        datetime(2026, 5, 5, 22, tzinfo=UTC),
    )
    # and somebody else saves what is out of date
    refused = client.post(f"{HOME}{made.pk}/", FORM | {"seen": "0"})
    assert "changed in the meantime" in refused.content.decode()
    assert row().title == "Big record fair"
    # then calling off keeps it, crossed out
    assert client.post(f"{HOME}{made.pk}/cancel/").status_code == 302
    assert (row().status, row().sequence) == ("cancelled", 2)
    assert "<s>" in client.get(HOME, {"day": "2026-05-01"}).content.decode()


def test_what_ends_before_it_begins_is_told_in_the_form(sign_in: Callable[..., Client]) -> None:
    answer = sign_in().post(f"{HOME}new/", FORM | {"ends_at": "2026-05-04T10:00"})
    assert "choose a later end" in answer.content.decode()
    assert not CalendarEntry._base_manager.exists()


def test_a_rule_from_a_file_outlives_the_form(sign_in: Callable[..., Client], shop: Any, now: datetime) -> None:
    rule = "FREQ=MONTHLY;BYDAY=1FR\nFREQ=YEARLY"
    pk = entry(shop, now, recurrence=rule).pk
    client = sign_in()
    assert 'value="keep" selected' in client.get(f"{HOME}{pk}/").content.decode()
    assert client.post(f"{HOME}{pk}/", FORM | {"title": "Fair", "recurrence": "keep", "seen": "0"}).status_code == 302
    assert (row().title, row().recurrence) == ("Fair", rule)
    assert client.post(f"{HOME}{pk}/", FORM | {"recurrence": "FREQ=WEEKLY", "seen": "1"}).status_code == 302
    assert row().recurrence == "FREQ=WEEKLY"


def test_public_holidays_of_the_country_are_shown(sign_in: Callable[..., Client]) -> None:
    assert "Labor Day" in sign_in().get(HOME, {"day": "2026-05-01"}).content.decode()


def test_what_repeats_stays_at_its_hour_and_its_exceptions_are_kept(
    sign_in: Callable[..., Client], shop: Any, now: datetime
) -> None:
    from regulars.journeys.calendar.occurrences import occurrences

    start = datetime(2026, 3, 23, 9, tzinfo=BERLIN)
    weekly = entry(
        shop, now, "Call", begins_at=start, ends_at=start + timedelta(hours=1), recurrence="FREQ=WEEKLY;COUNT=4"
    )
    weekly.left_out = [datetime(2026, 4, 6, 7, tzinfo=UTC).isoformat()]
    weekly.save()
    moved = CalendarEntry._base_manager.create(
        shop=shop, uid=weekly.uid, recurrence_id="20260330T070000Z", title="Call, later", zone="Europe/Berlin",
        begins_at=datetime(2026, 3, 31, 7, tzinfo=UTC), ends_at=datetime(2026, 3, 31, 8, tzinfo=UTC), created_at=now,
        updated_at=now,
    )  # fmt: skip
    found = occurrences([weekly, moved], datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    assert [(one.entry.title, one.begins_at) for one in found] == [
        ("Call", datetime(2026, 3, 23, 8, tzinfo=UTC)),
        ("Call, later", datetime(2026, 3, 31, 7, tzinfo=UTC)),
        ("Call", datetime(2026, 4, 13, 7, tzinfo=UTC)),
    ]
    shown = sign_in().get(HOME, {"day": "2026-04-01"}).content.decode()
    assert "Call, later" in shown


def test_moving_keeps_length_and_distance_over_the_change_of_the_clock(shop: Any, now: datetime) -> None:
    start = datetime(2026, 3, 27, 10, tzinfo=BERLIN)
    one = entry(
        shop,
        now,
        begins_at=start,
        ends_at=start + timedelta(hours=2),
        announced_at=datetime(2026, 3, 20, 9, tzinfo=BERLIN),
    )
    moved = actions.move(one, datetime(2026, 3, 30, 10, tzinfo=BERLIN), now)
    assert moved.ends_at == datetime(2026, 3, 30, 12, tzinfo=BERLIN)
    assert moved.announced_at == datetime(2026, 3, 23, 9, tzinfo=BERLIN)
    assert moved.sequence == 1


def test_each_role(sign_in: Callable[..., Client], shop: Any, now: datetime) -> None:
    pk = entry(shop, now).pk
    for role, may_see, may_make in (
        ("owner", 200, 200), ("marketer", 200, 200), ("analyst", 200, 403), ("service", 403, 403), ("till", 403, 403),
    ):  # fmt: skip
        client = sign_in(role)
        assert client.get(HOME).status_code == may_see
        assert [client.get(HOME + path).status_code for path in ("new/", f"{pk}/")] == [may_make] * 2
        if may_make == 403:
            assert [client.post(HOME + path).status_code for path in ("new/", f"{pk}/", f"{pk}/cancel/")] == [403] * 3
    assert row().sequence == 0


def test_another_shop_sees_nothing_of_it(sign_in: Callable[..., Client], shop: Any, now: datetime) -> None:
    from regulars.core.actions import create_shop

    other = create_shop("other", now=now)
    pk = entry(other, now, "Secret fair").pk
    client = sign_in()
    assert "Secret fair" not in client.get(HOME, {"day": "2026-05-01"}).content.decode()
    assert client.get(f"{HOME}{pk}/").status_code == 404


@pytest.mark.parametrize(
    "query", ["view=x&day=y", "day=0001-01-01", "day=9999-12-31&view=list", "view=week&day=2026-02-30"]
)
def test_odd_addresses_show_a_calendar(sign_in: Callable[..., Client], query: str) -> None:
    assert sign_in().get(f"{HOME}?{query}").status_code == 200


@pytest.mark.parametrize("view", ["month", "week", "list"])
def test_queries_do_not_grow_with_what_is_planned(
    sign_in: Callable[..., Client], shop: Any, now: datetime, view: str
) -> None:
    from regulars.journeys.campaigns.models import Campaign

    client = sign_in()
    start = clock.now().astimezone(BERLIN).replace(hour=9, minute=0, second=0, microsecond=0)
    counts = []
    for few, many in ((0, 1), (1, 100)):
        for number in range(few, many):
            begins = start + timedelta(days=number % 20 - 5)
            times = {
                "begins_at": begins,
                "ends_at": begins + timedelta(hours=1),
                "announced_at": begins - timedelta(days=1),
            }
            entry(shop, now, f"Nr {number}", recurrence="FREQ=WEEKLY" if number % 10 == 0 else "", **times)
            Campaign._base_manager.create(
                shop=shop, key=f"nr-{number}", name=f"Nr {number}", goal="hold", kpi="x", begins_at=begins, status="planned",
                created_at=now, updated_at=now,
            )  # fmt: skip
        client.get(HOME, {"view": view})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(HOME, {"view": view}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
