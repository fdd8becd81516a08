"""Builds the demo: import of the real purchases, the played days through the real engine, the figures at its end."""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from regulars.channels.smtp import sink
from regulars.connectors.files.actions import perform, start_run
from regulars.core import clock
from regulars.core.actions import create_shop, create_staff
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.core.timetable import run_due, write_timetable
from regulars.decide.contact_policy.actions import grant_consents
from regulars.decide.goals.actions import create_goals
from regulars.decide.segments.actions import create_ready_made, keep_members
from regulars.decide.segments.models import Segment
from regulars.decide.segments.profiles import refresh
from regulars.insights import facts, scores
from regulars.insights.actions import score_profiles
from regulars.journeys.actions import launch
from regulars.know.customers.actions import upsert_customers
from regulars.know.customers.models import Customer
from regulars.run.children import running
from regulars.run.processes import mail_children
from regulars.run.progress import Work

from . import shop as plattenkiste
from .behaviour import Past, Rates, purchases_anyhow
from .mark import EMAIL, MARK, PASSWORD
from .people import person
from .play import Play
from .purchases import MAPPING, purchases

PLAYED_DAYS = 90
SEED = 1997


def build(home: Path, now: datetime, work: Work) -> None:
    """Builds the demo into an empty home. What is half-built carries no mark and is built anew at the next start."""
    gc.set_threshold(200_000, 50, 50)  # rows by the hundred thousand, and hardly any cycles among them
    today = clock.local_date(now, "Europe/Berlin")
    first_day = today - timedelta(days=PLAYED_DAYS)
    last_real_day = first_day - timedelta(days=1)
    start = clock.day_start(first_day, "Europe/Berlin")
    file = home / "plattenkiste.csv"
    with _running_sink() as opened_sink:
        with _written(file, last_real_day) as is_written:
            call_command("migrate", interactive=False, verbosity=0)
            _wait_for_no_disk()
            with clock.pretending(start):
                shop = _open_shop(start)
                work.says("Importing 69,659 real purchases")
                _make_known(shop, last_real_day, start)
                is_written()
                _import(shop, file, start)
        with clock.pretending(start):
            work.says("Getting to know 23,570 customers")
            found = _scores(shop, start)
            past, rates = _past(shop, found)
            _first_look(shop, found, start)
            _launch(shop, start)
        work.says(f"Playing {PLAYED_DAYS} days")
        anyhow = purchases_anyhow(past, rates, PLAYED_DAYS, SEED)
        with opened_sink() as store:
            play = Play(shop, store, _application(), first_day, PLAYED_DAYS, past, anyhow, rates, seed=SEED)
            play.run(work.done)
    work.says("Computing the figures")
    _last_look(shop, play.now)
    (home / MARK).write_text(
        json.dumps({"built_at": now.isoformat(), "first_day": first_day.isoformat(), "orders": play.orders}), "utf-8"
    )


def _wait_for_no_disk() -> None:
    """Nothing here is precious before the mark is written: commits need not reach the disk."""
    options = connection.settings_dict["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    connection.close()


def _open_shop(now: datetime) -> Shop:
    shop = create_shop(
        "plattenkiste",
        now=now,
        name=plattenkiste.NAME,
        currency="USD",
        timezone="Europe/Berlin",
        locale="de",
        sender_name=plattenkiste.NAME,
        sender_email=plattenkiste.SENDER,
        legal_footer=plattenkiste.LEGAL_FOOTER,
        is_demo=True,
    )
    create_staff(EMAIL, now=now, shop=shop, password=PASSWORD, name="Demo")
    with scope(shop=shop):
        create_goals(shop, now)
    return shop


@contextmanager
def _written(file: Path, last_day: date) -> Iterator[Callable[[], None]]:
    """A process of its own writes the purchases while this one goes on; call what is given to wait for its end."""
    arguments = [sys.executable, "-m", "regulars.run.demo.purchases", str(file), last_day.isoformat()]
    path = {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    process = subprocess.Popen(arguments, env=os.environ | path)

    def wait() -> None:
        if process.wait():
            raise Refused("the purchases of the demo could not be written")

    try:
        yield wait
    finally:
        process.kill()
        process.wait()
        file.unlink(missing_ok=True)


def _make_known(shop: Shop, last_day: date, now: datetime) -> None:
    """The made-up people behind the purchases, with what they agreed to, as history: nobody reacts to it."""
    first: dict[str, date] = {}
    for row in purchases(last_day):
        first.setdefault(row.customer, row.day)
    people = [person(number) for number in first]
    zone = ZoneInfo(shop.timezone)
    for batch in _batches(people, 4000):
        drafts = [plattenkiste.customer_draft(who, _noon(first[who.number], zone)) for who in batch]
        ids = upsert_customers(shop, drafts, now=now, source="demo", is_history=True).ids
        agreed = [
            consent
            for who in batch
            for consent in plattenkiste.consents(who, ids[who.number], _noon(first[who.number], zone))
        ]
        grant_consents(shop, agreed, now=now, source="demo", is_history=True)


def _import(shop: Shop, file: Path, now: datetime) -> None:
    """The real purchases, through the same import as anybody's."""
    began = time.monotonic()
    run = start_run(shop, "orders", file, now=now, mapping=MAPPING)
    perform(run, now, clock=lambda: now + timedelta(seconds=time.monotonic() - began))


def _noon(day: date, zone: ZoneInfo) -> datetime:
    """CDNOW tells the day of a purchase, not its hour: noon."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


T = TypeVar("T")


def _batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _scores(shop: Shop, now: datetime) -> scores.Scores:
    """What the models say of everybody at the start of the play; intervals are left to its end."""
    scores.fit(shop, None, "week", now=now, with_backtest=False)
    return scores.at(shop, now=now, draws=0)


def _past(shop: Shop, found: scores.Scores) -> tuple[list[Past], Rates]:
    """Every customer as the models see them at the start of the play, and the fitted parameters."""
    fitted = scores.last_fit(shop)
    assert fitted is not None
    numbers = dict(Customer._base_manager.filter(shop=shop).values_list("pk", "number"))
    summary = found.summary
    columns = zip(
        summary.customer_id.tolist(),
        summary.x().tolist(),
        summary.t_x(fitted.unit_days).tolist(),
        summary.T(fitted.unit_days).tolist(),
        found.p_alive.tolist(),
        summary.value.tolist(),
        summary.orders.tolist(),
        strict=True,
    )
    past = [Past(numbers[pk], x, t_x, T, alive, value // orders) for pk, x, t_x, T, alive, value, orders in columns]
    rates = fitted.frequency
    return past, Rates(rates.r, rates.alpha, rates.a, rates.b)


def _first_look(shop: Shop, found: scores.Scores, now: datetime) -> None:
    """Profiles with scores, segments and their first members, which are no news."""
    with scope(shop=shop):
        refresh(shop, now, is_history=True)
        score_profiles(shop, found, now)
        create_ready_made(shop, now)
        for segment in Segment.objects.all():
            while keep_members(segment, now):
                pass


def _launch(shop: Shop, now: datetime) -> None:
    with scope(shop=shop):
        launch(shop, "win_back", {}, now, holdout_share=Decimal("0.4"), take_present=True)
        launch(shop, "birthday_gift", {}, now, holdout_share=Decimal("0.2"))


def _last_look(shop: Shop, now: datetime) -> None:
    with scope(shop=shop), clock.pretending(now):
        facts.build(shop, now)
        write_timetable(now)
        run_due(now, only_shop=shop)


def _application() -> Any:
    from django.utils.module_loading import import_string

    return import_string(settings.WSGI_APPLICATION)


@contextmanager
def _running_sink() -> Iterator[Callable[[], AbstractContextManager[sink.Store]]]:
    """The sink as a process beside this one, as in `serve`. Call what is given for its store to read from, once it runs."""
    port = sink.folder() / "port"
    port.unlink(missing_ok=True)

    def opened() -> AbstractContextManager[sink.Store]:
        deadline = time.monotonic() + 20
        while not port.exists():
            if time.monotonic() > deadline:
                raise Refused("the mail sink does not start")
            time.sleep(0.01)
        return closing(sink.Store())

    with running(mail_children()):
        yield opened
