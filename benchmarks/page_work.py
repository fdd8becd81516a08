"""The process behind `page.py`: builds the shop (`build N`) or visits its pages (`visit`)."""

import io
import json
import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import django

from benchmarks.page_shop import SLUG, begin, fill, without_indexes
from benchmarks.page_visits import visits

TIMES = 20
"""Requests of one page at most; fewer when they take longer than `SECONDS` together, but at least three."""
SECONDS = 2.5
GIVEN_UP = 30.0
"""Seconds after which a request that waits for the database is broken off; it then counts with these."""


def build(customers: int) -> None:
    """The database, its facts and the figures kept from them, as the worker would have left them."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from regulars.core import clock, tallies
    from regulars.core.scoping import scope
    from regulars.core.upkeep import note_sizes
    from regulars.insights import sweeps
    from regulars.journeys.campaigns import sweeps as campaigns

    call_command("migrate", verbosity=0)
    now = clock.now()
    shop = begin(now)
    # A build that dies is begun anew: nothing need be undone, or be safe on the disk.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-1000000", "threads=2"):
        connection.cursor().execute(f"PRAGMA {pragma}")
    with without_indexes(), transaction.atomic():
        fill(shop, customers, now)
    for one in tallies.KEPT.values():
        tallies.install(one)  # counted at once, which is quicker than row by row
    with scope(shop=shop):
        shop.refresh_from_db()
        sweeps.keep_facts(shop, now)
        sweeps.fit_daily(shop, now)
        sweeps.keep_facts(shop, now)
        while sweeps.keep_effects(shop, now) or campaigns.figures(shop, now):
            pass
    note_sizes()
    connection.cursor().execute("PRAGMA journal_mode=WAL")


class Visitor:
    """The owner of the shop, logged in, before the application as a server would call it."""

    def __init__(self, application: Any) -> None:
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore

        from regulars.core.models import Staff

        owner = Staff.objects.get(email="owner@bench.example")
        session = SessionStore()
        session[SESSION_KEY] = str(owner.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
        session["shop"] = SLUG
        session.save()
        self.application, self.host = application, urlsplit(settings.REGULARS_BASE_URL).netloc or "127.0.0.1"
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"

    def get(self, address: str) -> int:
        """The status of the answer, read to its end."""
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": query, "HTTP_COOKIE": self.cookie}
        environ |= {"REQUEST_METHOD": "GET", "HTTP_HOST": self.host, "wsgi.input": io.BytesIO()}
        setup_testing_defaults(environ)
        said: list[str] = []
        body = self.application(environ, lambda status, headers, exc_info=None: said.append(status))
        for _part in body:
            pass
        if hasattr(body, "close"):
            body.close()
        return int(said[0].split()[0])


def visit() -> dict[str, Any]:
    """Every page again and again. What a page keeps in the cache for the next is taken away before each request."""
    from django.core.cache import cache
    from django.db import connection

    from regulars.config.wsgi import application
    from regulars.core.models import Shop

    visitor = Visitor(application)
    shop = Shop.objects.get(slug=SLUG)
    pages: dict[str, Any] = {}
    missed: dict[str, str] = {}
    for name, address in visits(shop).items():
        if not address:
            missed[name] = "no arguments"
            continue
        deadline = time.perf_counter() + GIVEN_UP
        # A handler that answers 1 ends the statement. Set for this first request alone: it costs a little.
        connection.ensure_connection()
        connection.connection.set_progress_handler(lambda deadline=deadline: time.perf_counter() > deadline, 1_000_000)
        status = visitor.get(address)
        connection.ensure_connection()
        connection.connection.set_progress_handler(None, 0)
        if time.perf_counter() > deadline:
            pages[name] = {"wall": GIVEN_UP, "cpu": GIVEN_UP, "times": 1}
            continue
        if status == 405:
            continue  # an act, not a page
        if status != 200:
            missed[name] = str(status)
            continue
        walls, cpus = [], []
        began = time.perf_counter()
        while len(walls) < 3 or (len(walls) < TIMES and time.perf_counter() - began < SECONDS):
            cache.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            visitor.get(address)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        pages[name] = {"wall": _p95(walls), "cpu": _p95(cpus), "times": len(walls)}
    return {"pages": pages, "missed": missed, "load": os.getloadavg()[0]}


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "build":
        build(int(sys.argv[2]))
    else:
        print(json.dumps(visit()))
