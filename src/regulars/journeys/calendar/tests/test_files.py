"""Calendar files: what others write comes in, once; what does not fit is told; what goes out comes back the same."""

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from regulars.core.errors import Refused
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.actions.importing import VALUES, import_ics
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.writing import calendar_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


def ics(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *lines, "END:VCALENDAR", ""]).encode()


def event(
    *lines: str, uid: str = "a@example.com", start: str = "DTSTART:20260501T090000Z", title: str = "Sale"
) -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", start, *lines, "END:VEVENT"]


def rows() -> list[Any]:
    found = CalendarEntry._base_manager.select_related("segment", "measure").order_by("begins_at", "pk")
    return list(found)


def kept() -> dict[tuple[str, str], dict[str, Any]]:
    return {(row.uid, row.recurrence_id): {name: getattr(row, name) for name in VALUES} for row in rows()}


def samples(data_dir: Path) -> tuple[dict[str, Any], zipfile.ZipFile]:
    folder = data_dir / "icalendar-samples"
    return json.loads((folder / "expected.json").read_text())["expected"], zipfile.ZipFile(folder / "calendars.zip")


@pytest.mark.data
def test_the_files_of_many_programs_come_in_once_and_come_back_the_same(
    shop: Any, data_dir: Path, now: datetime
) -> None:
    expected, archive = samples(data_dir)
    assert len(expected) == 163
    read = taken = 0
    for name, told in expected.items():
        CalendarEntry._base_manager.all().delete()
        # when it is imported twice
        first = import_ics(shop, name, archive.read(name), now)
        before = kept()
        second = import_ics(shop, name, archive.read(name), now + timedelta(days=1))
        # then all events are read, each has one fate, and the second time nothing happens
        if told["parses"]:
            assert first.read == told["events"], name
            read += first.read
        assert first.read == first.added + len(first.refused) or not first.read, name
        assert (second.added, second.changed, second.read) == (0, 0, first.read), name
        assert kept() == before, name
        assert len(before) == first.added, name
        taken += first.added
        # and what goes out is a calendar that comes back the same, in an empty shop as well as in this one
        written = calendar_of(shop, rows())
        assert len(Calendar.from_ical(written).walk("VEVENT")) == first.added, name
        again = import_ics(shop, name, written, now)
        assert (again.added, again.changed, again.refused) == (0, 0, []), (name, again)
        CalendarEntry._base_manager.all().delete()
        assert import_ics(shop, name, written, now).added == first.added, name
        back = kept()
        for values in (*before.values(), *back.values()):
            values.pop("revised_at")
        assert back == before, name
    assert (read, taken) == (163, 113)


@pytest.mark.data
def test_broken_files_break_nothing_and_say_what_is_wrong(shop: Any, data_dir: Path, now: datetime) -> None:
    expected, archive = samples(data_dir)
    broken = [name for name, told in expected.items() if not told["parses"]]
    assert len(broken) == 4
    for name in broken:
        found = import_ics(shop, name, archive.read(name), now)
        said = [*found.refused, *found.noted]
        assert said
        assert all(one.file == name and one.component and one.reason and one.remedy for one in said)
        assert found.read == found.added + found.changed + found.unchanged + len(
            [x for x in found.refused if x.component != "file"]
        )


def test_one_broken_event_does_not_keep_the_others_out(shop: Any, now: datetime) -> None:
    data = ics(
        *event(uid="1", title="Good"),
        *event(uid="2", title="Never", start="X-NOTHING:1"),
        *event("DTEND:20260430T090000Z", uid="3", title="Backwards"),
        *event(uid="4", title="Nonsense", start="DTSTART:tomorrow"),
        *event("RRULE:FREQ=SOMETIMES", uid="5", title="Odd rule"),
    )
    found = import_ics(shop, "autumn.ics", data, now)
    assert (found.read, found.added, found.changed, found.unchanged) == (5, 2, 0, 0)
    assert [(one.file, one.component) for one in found.refused] == [
        ("autumn.ics", "VEVENT 2 (Never)"),
        ("autumn.ics", "VEVENT 3 (Backwards)"),
        ("autumn.ics", "VEVENT 4 (Nonsense)"),
    ]
    assert "DTSTART is missing" in found.refused[0].reason
    assert "ends before" in found.refused[1].reason
    assert "tomorrow" in found.refused[2].reason
    assert [one.component for one in found.noted] == ["VEVENT 5 (Odd rule)"]


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"name;day\nSale;1.5.2026\n"])
def test_what_is_no_calendar_is_refused_as_a_whole(shop: Any, now: datetime, data: bytes) -> None:
    found = import_ics(shop, "x.ics", data, now)
    assert (found.read, found.added, [one.component for one in found.refused]) == (0, 0, ["file"])
    assert ".ics" in found.refused[0].remedy


def test_a_file_too_large_is_refused(shop: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="20 MB"):
        import_ics(shop, "x.ics", b" " * (20 * 1024 * 1024 + 1), now)


def test_the_older_never_overwrites_the_newer(shop: Any, now: datetime) -> None:
    def come(sequence: int, stamp: str, title: str) -> tuple[int, int, int]:
        found = import_ics(shop, "x.ics", ics(*event(f"SEQUENCE:{sequence}", f"DTSTAMP:{stamp}", title=title)), now)
        return found.added, found.changed, found.unchanged

    assert come(2, "20260101T000000Z", "second") == (1, 0, 0)
    assert come(1, "20260301T000000Z", "first") == (0, 0, 1)
    assert come(2, "20251201T000000Z", "earlier second") == (0, 0, 1)
    assert rows()[0].title == "second"
    assert come(2, "20260102T000000Z", "later second") == (0, 1, 0)
    assert come(3, "20250101T000000Z", "third") == (0, 1, 0)
    # and what was changed here is newer than the file that it came from
    actions.change(rows()[0], {"title": "by hand"}, now)
    assert come(3, "20250101T000000Z", "third") == (0, 0, 1)
    assert (rows()[0].title, rows()[0].sequence) == ("by hand", 4)


def test_times_zones_days_and_texts_are_read_as_meant(shop: Any, now: datetime) -> None:
    data = ics(
        *event(uid="1", start="DTSTART;TZID=Europe/Berlin:20260329T033000"),
        *event(uid="2", start="DTSTART:20260701T100000"),
        *event(uid="3", start="DTSTART;VALUE=DATE:20261025"),
        *event("DURATION:PT90M", uid="4", start="DTSTART;TZID=America/New_York:20260701T100000"),
        *event(uid="5", start="DTSTART;TZID=Nowhere/At All:20260701T120000"),
        *event("DESCRIPTION:one\\, two\\; three\\nfour \\\\ fi", " ve", "ATTENDEE:mailto:rosa@example.com", uid="6"),
    )
    found = import_ics(shop, "x.ics", data, now)
    assert found.added == 6
    by = {row.uid: row for row in rows()}
    assert by["1"].begins_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert (by["2"].begins_at, by["2"].zone) == (datetime(2026, 7, 1, 8, tzinfo=UTC), "Europe/Berlin")
    # a day of 25 hours
    assert by["3"].whole_days
    assert by["3"].ends_at - by["3"].begins_at == timedelta(hours=25)
    assert (by["3"].first_day, by["3"].last_day) == (date(2026, 10, 25), date(2026, 10, 25))
    assert by["4"].ends_at == datetime(2026, 7, 1, 15, 30, tzinfo=UTC)
    assert by["5"].begins_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert [one.component for one in found.noted] == ["VEVENT 5 (Sale)"]
    assert "Nowhere/At All" in found.noted[0].reason
    assert by["6"].description == "one, two; three\nfour \\ five"
    # nobody asked the attendees
    assert "rosa" not in by["6"].extra


def test_what_goes_out_keeps_to_the_standard(shop: Any, now: datetime) -> None:
    entry = actions.add(
        shop,
        {
            "title": "Schallplattenbörse mit Kaffee, Kuchen; und sehr vielen Platten " * 3,
            "kind": "event",
            "begins_at": datetime(2026, 5, 1, 10, tzinfo=BERLIN),
            "ends_at": datetime(2026, 5, 1, 18, tzinfo=BERLIN),
            "announced_at": datetime(2026, 4, 17, 9, tzinfo=BERLIN),
            "recurrence": "FREQ=YEARLY",
        },
        now,
    )
    actions.cancel(entry, now)
    written = calendar_of(shop, rows())
    lines = written.split(b"\r\n")
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75
    assert {b"VERSION:2.0", b"PRODID:-//Regulars//Communication calendar//EN", b"TZID:Europe/Berlin"} <= set(lines)
    both = Calendar.from_ical(written).walk("VEVENT")
    assert [str(one["UID"]) for one in both] == [entry.uid, f"announced-{entry.uid}"]
    assert both[0].content_line("DTSTART", both[0]["DTSTART"]) == "DTSTART;TZID=Europe/Berlin:20260501T100000"
    assert [(one["STATUS"], one["SEQUENCE"], one["CATEGORIES"].cats) for one in both] == [
        ("CANCELLED", 1, ["event"])
    ] * 2
    assert both[0]["DTSTAMP"].dt == now.replace(microsecond=0)
    assert both[0].content_line("DTSTAMP", both[0]["DTSTAMP"]) == "DTSTAMP:20260610T080000Z"
    assert str(both[1]["RELATED-TO"]) == entry.uid
    assert both[1]["DTSTART"].dt == entry.announced_at
    # and twice the same bytes
    assert calendar_of(shop, rows()) == written


def test_an_announcement_that_was_moved_elsewhere_moves_here(shop: Any, now: datetime) -> None:
    at = datetime(2026, 4, 17, 9, tzinfo=BERLIN)
    values = {"title": "Sale", "begins_at": at + timedelta(9), "ends_at": at + timedelta(10), "announced_at": at}
    actions.add(shop, values, now)
    written = calendar_of(shop, rows()).replace(
        b"TZID=Europe/Berlin:20260417T090000", b"TZID=Europe/Berlin:20260418T090000"
    )
    found = import_ics(shop, "x.ics", written, now + timedelta(hours=1))
    assert (found.read, found.added, found.changed, found.unchanged, found.refused) == (2, 0, 1, 1, [])
    assert [row.announced_at for row in rows()] == [at + timedelta(days=1)]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n,;\\":'), min_size=1, max_size=120
).filter(lambda text: text == text.strip() and text)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=texts, description=texts, place=texts, begin=moments, lasts=st.integers(0, 10**6), announced=st.none() | moments,
    kind=st.sampled_from(CalendarEntry.Kind.values), status=st.sampled_from(CalendarEntry.Status.values),
    rule=st.sampled_from(["", "FREQ=WEEKLY;COUNT=9", "FREQ=MONTHLY;UNTIL=20650101T000000Z"]),
)  # fmt: skip
def test_every_entry_comes_back_the_same(
    shop: Any, now: datetime, title: str, description: str, place: str, begin: datetime, lasts: int, announced: Any,
    kind: str, status: str, rule: str,
) -> None:  # fmt: skip
    CalendarEntry._base_manager.all().delete()
    end = begin + timedelta(seconds=lasts)
    actions.add(
        shop,
        {
            "title": title, "description": description, "place": place, "begins_at": begin, "ends_at": end,
            "announced_at": announced, "kind": kind, "status": status, "recurrence": rule,
        },
        now,
    )  # fmt: skip
    before, written = kept(), calendar_of(shop, rows())
    CalendarEntry._base_manager.all().delete()
    found = import_ics(shop, "x.ics", written, now)
    assert (found.added, found.refused) == (1, [])
    assert kept() == before
