"""The calendar of one person under an address of their own, read back by a library and by a real calendar program."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from regulars.core import clock
from regulars.core.models import AuditEntry, Membership, Staff
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.actions.importing import import_ics
from regulars.journeys.calendar.feed import token_of
from regulars.journeys.calendar.models import CalendarEntry, CalendarFeed
from regulars.journeys.campaigns.models import Campaign
from regulars.reward.gatherings.models import Gathering

from .test_pages import HOME, entry

BERLIN = ZoneInfo("Europe/Berlin")
PAGE = f"{HOME}feed/"


def address() -> str:
    return f"/calendar/{token_of(CalendarFeed._base_manager.get())}.ics"


@pytest.fixture
def feed(sign_in: Callable[..., Client]) -> Client:
    """A marketer with an address."""
    client = sign_in()
    assert "You have no address yet" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}make/")
    return client


@pytest.fixture
def planned(shop: Any) -> datetime:
    """An entry that is announced, one that repeats, a campaign and a gathering, in the days to come."""
    now = clock.now()
    begins = now.astimezone(BERLIN).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=5)
    hours = timedelta(hours=2)
    entry(
        shop, now, "Börse; Äpfel, Birnen", begins_at=begins, ends_at=begins + hours, announced_at=begins - timedelta(2)
    )
    entry(shop, now, "Jour fixe", begins_at=begins, ends_at=begins + hours, recurrence="FREQ=WEEKLY")
    Campaign._base_manager.create(
        shop=shop, key="summer", name="Summer", goal="hold", kpi="x", begins_at=begins, status="planned", created_at=now,
        updated_at=now,
    )  # fmt: skip
    Gathering._base_manager.create(
        shop=shop, titles={"en": "Reading night"}, starts_at=begins, ends_at=begins + hours, status="open", created_at=now,
        place="Shop",
    )  # fmt: skip
    return begins


def titles(file: bytes) -> list[str]:
    return sorted(str(one["SUMMARY"]) for one in Calendar.from_ical(file).walk("VEVENT"))


def test_it_shows_what_the_calendar_shows_and_is_read_again_only_when_it_changed(
    feed: Client, planned: datetime, shop: Any
) -> None:
    stranger = Client()
    answer = stranger.get(address())
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert titles(answer.content) == [
        "Announce: Börse; Äpfel, Birnen", "Börse; Äpfel, Birnen", "Jour fixe", "Reading night", "Summer",
    ]  # fmt: skip
    assert CalendarFeed._base_manager.get().read_at is not None
    assert address() in feed.get(PAGE).content.decode()
    # and the same is not sent twice
    again = stranger.get(address(), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    actions.change(CalendarEntry._base_manager.first(), {"title": "Moved"}, clock.now())
    changed = stranger.get(address(), headers={"If-None-Match": answer["ETag"]})
    assert (changed.status_code, "Moved" in titles(changed.content)) == (200, True)
    # and what it shows from elsewhere becomes no entry when the file is brought in
    found = import_ics(shop, "feed.ics", changed.content, clock.now())
    assert (found.added, found.changed, len(found.refused)) == (0, 0, 2)


def test_renewed_or_stopped_the_former_address_leads_nowhere(feed: Client) -> None:
    first = address()
    feed.post(f"{PAGE}renew/")
    second = address()
    assert first != second
    assert [Client().get(one).status_code for one in (first, second)] == [404, 200]
    feed.post(f"{PAGE}stop/")
    assert Client().get(second).status_code == 404
    # and one made anew is another one
    feed.post(f"{PAGE}make/")
    assert address() not in (first, second)
    assert list(AuditEntry.objects.filter(verb__startswith="calendar.feed").order_by("pk").values_list("verb", flat=True)) == [
        "calendar.feed_made", "calendar.feed_renewed", "calendar.feed_stopped", "calendar.feed_made",
    ]  # fmt: skip
    assert feed.post(f"{PAGE}burn/").status_code == 404
    assert feed.get(f"{PAGE}stop/").status_code == 405


def test_it_shows_what_the_person_may_see_now(feed: Client, planned: datetime, shop: Any) -> None:
    membership = Membership.objects.get(staff__email="marketer@example.com")
    for role, status in (("analyst", 200), ("service", 404), ("till", 404), ("owner", 200)):
        membership.role = role
        membership.save()
        assert Client().get(address()).status_code == status, role
    Staff.objects.filter(pk=membership.staff_id).update(is_active=False)
    assert Client().get(address()).status_code == 404
    Staff.objects.filter(pk=membership.staff_id).update(is_active=True)
    membership.delete()
    assert Client().get(address()).status_code == 404


@pytest.mark.parametrize("spoilt", ["A", "", "0" * 36, "é" * 36])
def test_nobody_guesses_it(feed: Client, spoilt: str) -> None:
    token = address().removeprefix("/calendar/").removesuffix(".ics")
    assert Client().get(f"/calendar/{spoilt}.ics").status_code == 404
    other = ("B" if token[5] != "B" else "C").join((token[:5], token[6:]))
    assert Client().get(f"/calendar/{other}.ics").status_code == 404
    assert Client().post(address()).status_code == 405


def test_who_has_no_calendar_gets_no_address(sign_in: Callable[..., Client]) -> None:
    for role, status in (("owner", 200), ("analyst", 200), ("service", 403), ("till", 403)):
        client = sign_in(role)
        assert client.get(PAGE).status_code == status
        assert client.post(f"{PAGE}make/").status_code == (302 if status == 200 else 403)
    assert CalendarFeed._base_manager.count() == 2


def test_queries_do_not_grow_with_what_is_planned(feed: Client, shop: Any) -> None:
    counts, now = [], clock.now()
    for few, many in ((0, 1), (1, 60)):
        for number in range(few, many):
            entry(shop, now, f"Nr {number}", begins_at=now, ends_at=now, announced_at=now)
        Client().get(address())
        with CaptureQueriesContext(connection) as queries:
            Client().get(address())
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.khal
@pytest.mark.django_db(transaction=True)
def test_a_real_calendar_program_reads_it(
    live_regulars: str, feed: Client, planned: datetime, tmp_path: Path, shop: Any
) -> None:
    """vdirsyncer fetches the address as it does those of any server; khal shows what came."""
    folder = tmp_path / "calendars"
    folder.mkdir()
    settings = tmp_path / "vdirsyncer"
    settings.write_text(
        f"""[general]
status_path = "{tmp_path}/status/"
[pair feed]
a = "here"
b = "there"
collections = null
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{folder}"
fileext = ".ics"
[storage there]
type = "http"
url = "{live_regulars}{address()}"
"""
    )
    shows = tmp_path / "khal"
    shows.write_text(
        f"""[calendars]
[[feed]]
path = {folder}
readonly = True
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {tmp_path}/khal.db
"""
    )

    def run(*call: str) -> str:
        environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
        done = subprocess.run(call, capture_output=True, text=True, timeout=120, env=environment, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def listed() -> list[str]:
        shape = "{start-date} {start-time} {title}"
        begin = f"{planned - timedelta(days=3):%Y-%m-%d}"
        call = ("khal", "-c", str(shows), "list", "--format", shape, "--day-format", "", begin, "14d")
        return sorted(line.strip() for line in run(*call).splitlines() if line.strip())

    run("vdirsyncer", "-c", str(settings), "discover")
    run("vdirsyncer", "-c", str(settings), "sync")
    day, week = f"{planned:%Y-%m-%d}", f"{planned + timedelta(days=7):%Y-%m-%d}"
    announced = f"{planned - timedelta(days=2):%Y-%m-%d}"
    hour = f"{planned.astimezone(BERLIN):%H:%M}"
    expected = [
        f"{announced} {hour} Announce: Börse; Äpfel, Birnen",
        *(f"{day} {hour} {title}" for title in ("Börse; Äpfel, Birnen", "Jour fixe", "Reading night", "Summer")),
        f"{week} {hour} Jour fixe",
    ]
    assert listed() == sorted(expected)
    # when one of what repeats is moved, then only this one moves there too
    series = CalendarEntry._base_manager.get(title="Jour fixe")
    original = f"{(planned + timedelta(days=7)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    moved = actions.move_by(series, 1, clock.now(), seen=0, original=original)
    run("vdirsyncer", "-c", str(settings), "sync")
    there = f"{moved.begins_at.astimezone(BERLIN):%Y-%m-%d}"
    assert listed() == sorted([*expected[:-1], f"{there} {hour} Jour fixe"])
