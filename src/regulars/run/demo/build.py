"""Opens the demo: the year that was played and shipped, moved so that it ends yesterday, and today by the real engine."""

import gc
import json
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import connection

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.core.timetable import run_due, write_timetable
from regulars.insights import facts, scores
from regulars.run.database import migrate_when_needed
from regulars.run.progress import Work

from .mark import MARK
from .pack import unpack
from .play import MORNING
from .shop import SLUG, TIMEZONE
from .year import YEAR, YEAR_TOLD, running_sink, wait_for_no_disk


def build(home: Path, now: datetime, work: Work) -> None:
    """Builds the demo into an empty home. What is half-built carries no mark and is built anew at the next start.

    The last morning that is over is the end of the story: its birthdays are greeted while this runs, so that the inbox
    holds mails with links that work here.
    """
    gc.set_threshold(200_000, 50, 50)  # rows by the hundred thousand, and hardly any cycles among them
    told = json.loads(YEAR_TOLD.read_text("utf-8"))
    end = _last_morning(now)
    played_until = date.fromisoformat(told["first_day"]) + timedelta(days=told["days"])
    days = (clock.local_date(end, TIMEZONE) - played_until).days
    with running_sink() as opened_sink:
        database = Path(connection.settings_dict["NAME"])
        unpack(YEAR, database, days)
        _move_birthdays(database, days)
        wait_for_no_disk()
        migrate_when_needed()
        work.says("Computing the figures")
        with opened_sink():
            shop = Shop.objects.get(slug=SLUG)
            with scope(shop=shop), clock.pretending(end):
                facts.build(shop, end)
                scores.fit(shop, None, "week", now=end)  # before the figures, which show how its forecast did
                write_timetable(end)
                run_due(end, only_shop=shop)
    first_day = date.fromisoformat(told["first_day"]) + timedelta(days=days)
    (home / MARK).write_text(
        json.dumps({"built_at": now.isoformat(), "first_day": first_day.isoformat(), "orders": told["orders"]}), "utf-8"
    )


def _last_morning(now: datetime) -> datetime:
    """The last moment at which a morning of the play was over."""
    today = clock.day_start(clock.local_date(now, TIMEZONE), TIMEZONE)
    return today + MORNING if today + MORNING <= now else today - timedelta(days=1) + MORNING


LEAP_YEAR = 2000
"""The year of birthdays that have none: every day is there."""


def _move_birthdays(database: Path, days: int) -> None:
    """Birthdays move with all the rest, else last year's greetings would have come on other days."""
    with closing(sqlite3.connect(database)) as direct, direct:
        rows = direct.execute(
            "SELECT birthday_day, birthday_month, birthday_year, id FROM customers_customer WHERE birthday_day IS NOT NULL"
        ).fetchall()
        direct.executemany(
            "UPDATE customers_customer SET birthday_day = ?, birthday_month = ?, birthday_year = ? WHERE id = ?",
            [(*_moved(day, month, year, days), pk) for day, month, year, pk in rows],
        )


def _moved(day: int, month: int, year: int | None, days: int) -> tuple[int, int, int | None]:
    moved = date(year or LEAP_YEAR, month, day) + timedelta(days=days)
    return moved.day, moved.month, moved.year if year else None
