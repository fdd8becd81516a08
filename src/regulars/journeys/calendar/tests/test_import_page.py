"""A calendar file by the button: what came of it is told; what is too much, or hostile, is bounded and told too."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from regulars.core.models import AuditEntry
from regulars.journeys.calendar import actions, plan
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.pages import importing

from .test_files import event, ics
from .test_pages import HOME, entry

PAGE = f"{HOME}import/"


def upload(client: Client, data: bytes, name: str = "autumn.ics") -> Any:
    return client.post(PAGE, {"file": SimpleUploadedFile(name, data)})


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_empty_calendar_leads_to_the_file_and_the_report_tells_each_fate(sign_in: Callable[..., Client]) -> None:
    client = sign_in()
    shown = client.get(HOME).content.decode()
    assert (shown.count(f'href="{PAGE}"'), "./regulars" in shown) == (2, False)
    data = ics(*event(uid="1", title="Good"), *event(uid="2", title="<b>Never</b>", start="X-NOTHING:1"))
    answer = text(upload(client, data))
    assert "What came of autumn.ics" in answer
    assert "VEVENT 2 (&lt;b&gt;Never&lt;/b&gt;)" in answer
    assert "DTSTART is missing" in answer
    assert "Add a line such as DTSTART:20260501T090000Z." in answer
    assert CalendarEntry._base_manager.get().title == "Good"
    assert AuditEntry.objects.filter(verb="calendar.imported").count() == 1
    # and once more nothing happens
    upload(client, data)
    assert AuditEntry.objects.filter(verb="calendar.imported").count() == 1


def test_what_is_no_calendar_too_large_or_missing_is_told(sign_in: Callable[..., Client], monkeypatch: Any) -> None:
    client = sign_in()
    assert "Nothing could be read" in text(upload(client, b"\x89PNG\x00"))
    monkeypatch.setattr(importing, "LARGEST", 1024 * 1024)
    refused = upload(client, b" " * (1024 * 1024 + 1))
    assert (refused.status_code, "more than 1 MB" in text(refused)) == (422, True)
    assert "Choose a file." in text(client.post(PAGE))
    assert not CalendarEntry._base_manager.exists()


def test_only_who_may_make_measures_brings_files_in(sign_in: Callable[..., Client]) -> None:
    for role, status in (("owner", 200), ("marketer", 200), ("analyst", 403), ("service", 403), ("till", 403)):
        client = sign_in(role)
        assert (client.get(PAGE).status_code, upload(client, ics(*event())).status_code) == (status, status), role
        assert (f'href="{PAGE}"' in client.get(HOME).content.decode()) == (status == 200)


def test_hostile_rules_come_in_as_single_entries_and_harm_no_page(
    sign_in: Callable[..., Client], now: datetime
) -> None:
    client = sign_in()
    lines = []
    for number in range(300):
        for rule in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY", "FREQ=DAILY;COUNT=19999"):
            uid, title = f"{rule}{number}", f"{rule} {number}"
            lines += event(f"RRULE:{rule}", uid=uid, title=title, start="DTSTART:19800101T090000Z")
    began = time.process_time()
    answer = text(upload(client, ics(*lines)))
    assert time.process_time() - began < 20
    assert "it matches no day" in answer
    assert "more often than hourly" in answer
    assert CalendarEntry._base_manager.filter(recurrence="").count() > 10  # as many as the work of a file allows
    # then a page costs no more than its bound, and says what it left out
    began = time.process_time()
    shown = text(client.get(HOME, {"day": "2026-06-01"}))
    assert time.process_time() - began < 5
    assert "Not every repetition could be worked out" in shown


@pytest.mark.parametrize("repeats", ["", "FREQ=WEEKLY"])
def test_nothing_new_vanishes_behind_much_that_is_old(
    sign_in: Callable[..., Client], shop: Any, now: datetime, monkeypatch: Any, repeats: str
) -> None:  # fmt: skip
    monkeypatch.setattr(plan, "MOST", 20)
    old = datetime(2026, 4, 27, 8, tzinfo=UTC)
    for number in range(25):
        entry(shop, now, f"Old {number}", begins_at=old, ends_at=old + timedelta(hours=1), recurrence=repeats)
    entry(shop, now, "Brand new")
    client = sign_in()
    shown = text(client.get(HOME, {"day": "2026-05-05", "view": "list"}))
    if repeats:
        assert "Brand new" in shown
        assert "6 entries of this time are not shown" not in shown
        assert "5 entries of this time are not shown" in shown
    else:  # what is over counts no more
        assert "are not shown" not in shown
    # and what has stopped repeating takes no place
    for row in CalendarEntry._base_manager.exclude(recurrence=""):
        actions.change(row, {"recurrence": "FREQ=WEEKLY;COUNT=1"}, now)
    assert "are not shown" not in text(client.get(HOME, {"day": "2026-05-05", "view": "list"}))
