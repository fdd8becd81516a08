"""Plays the demo's year, once, to be shipped: import of the real purchases, then each day through the real engine.

`python -m regulars.run.demo` plays it (some minutes) and writes it beside the other data; `build` opens it for whoever
starts the demo.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import date, datetime, timedelta
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
from regulars.decide.contact_policy.actions import grant_consents
from regulars.decide.goals.actions import create_goals
from regulars.decide.segments.actions import create_ready_made, keep_members
from regulars.decide.segments.models import Segment
from regulars.decide.segments.profiles import refresh
from regulars.insights import scores
from regulars.insights.actions import score_profiles
from regulars.know.customers.actions import upsert_customers
from regulars.know.customers.models import Customer
from regulars.know.orders.actions import ProductDraft, upsert_products
from regulars.run.children import running
from regulars.run.processes import mail_children
from regulars.run.progress import Work

from . import shop as plattenkiste
from .behaviour import Past, Rates, purchases_anyhow
from .mark import EMAIL, PASSWORD
from .people import catalogue, person
from .play import Play
from .purchases import MAPPING, purchases

YEAR = Path(__file__).parent / "data" / "year.xz"
YEAR_TOLD = Path(__file__).parent / "data" / "year.json"
NOT_SHIPPED = frozenset({"django_session", "axes_accesslog", "axes_accessattempt", "sqlite_stat1"})
NOT_NEEDED = frozenset({("orders_order", "fingerprint")})
"""By this an import would tell an order that has not changed; nothing compresses worse."""
SEED = 1997
PRICE = 1499


def play_year(home: Path, now: datetime, work: Work, days: int, customers: int) -> Play:
    """Plays the `days` before today into the empty database of this process; returns the play at its end.

    customers: how many of the real ones take part.
    """
    gc.set_threshold(200_000, 50, 50)  # rows by the hundred thousand, and hardly any cycles among them
    today = clock.local_date(now, plattenkiste.TIMEZONE)
    first_day = today - timedelta(days=days)
    last_real_day = first_day - timedelta(days=1)
    start = clock.day_start(first_day, plattenkiste.TIMEZONE)
    file = home / "plattenkiste.csv"
    with running_sink() as opened_sink:
        with _written(file, last_real_day, customers) as is_written:
            call_command("migrate", interactive=False, verbosity=0)
            wait_for_no_disk()
            with clock.pretending(start):
                shop = _open_shop(start)
                work.says("Importing real purchases")
                _make_known(shop, last_real_day, customers, start)
                is_written()
                _import(shop, file, start)
        with clock.pretending(start):
            work.says(f"Getting to know {customers} customers")
            found = _scores(shop, start)
            past, rates = _past(shop, found)
            _first_look(shop, found, start)
        work.says(f"Playing {days} days")
        anyhow = purchases_anyhow(past, rates, days, SEED)
        with opened_sink() as store:
            play = Play(shop, store, _application(), first_day, days, past, anyhow, rates, seed=SEED)
            play.run(work.done)
    return play


def wait_for_no_disk() -> None:
    """Nothing here is precious before the mark is written: commits need not reach the disk."""
    options = connection.settings_dict["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    connection.close()


def _open_shop(now: datetime) -> Shop:
    shop = create_shop(
        plattenkiste.SLUG,
        now=now,
        name=plattenkiste.NAME,
        currency="USD",
        timezone=plattenkiste.TIMEZONE,
        locale="de",
        sender_name=plattenkiste.NAME,
        sender_email=plattenkiste.SENDER,
        legal_footer=plattenkiste.LEGAL_FOOTER,
        is_demo=True,
    )
    create_staff(EMAIL, now=now, shop=shop, password=PASSWORD, name="Demo")
    with scope(shop=shop):
        create_goals(shop, now)
        records = [ProductDraft(one.sku, title=one.title, category=one.genre, price=PRICE) for one in catalogue()]
        upsert_products(shop, records, now=now, source="demo", is_history=True)
    return shop


@contextmanager
def _written(file: Path, last_day: date, customers: int) -> Iterator[Callable[[], None]]:
    """A process of its own writes the purchases while this one goes on; call what is given to wait for its end."""
    arguments = [sys.executable, "-m", "regulars.run.demo.purchases", str(file), last_day.isoformat(), str(customers)]
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


def _make_known(shop: Shop, last_day: date, customers: int, now: datetime) -> None:
    """The made-up people behind the purchases, with what they agreed to, as history: nobody reacts to it."""
    first: dict[str, date] = {}
    for row in purchases(last_day, customers):
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


def _application() -> Any:
    from django.utils.module_loading import import_string

    return import_string(settings.WSGI_APPLICATION)


@contextmanager
def running_sink() -> Iterator[Callable[[], AbstractContextManager[sink.Store]]]:
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
