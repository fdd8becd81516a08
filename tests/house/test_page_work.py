"""A page of the staff does the same work in a large shop as in a small one. On SQLite, whose steps can be counted."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from benchmarks.page_shop import begin, fill
from benchmarks.page_visits import visits

SMALL, LARGE = 300, 1500
"""Customers. Ten orders each; the small shop fills the first page of every list, too."""
STEP = 50
"""Steps of SQLite's machine between two looks."""
TABLES = {
    "customers_customer", "customers_identity", "orders_order", "orders_orderline", "orders_return", "orders_refund",
    "timeline_event", "messaging_message", "messaging_delivery", "contact_policy_decision", "contact_policy_contactrequest",
    "contact_policy_contact", "contact_policy_consent", "contact_policy_suppression", "journeys_enrolment",
    "experiments_assignment", "segments_customerprofile", "segments_segmentmember", "offers_voucher",
    "offers_voucherredemption", "signups_signup",
}  # fmt: skip
"""Those that grow with the shop."""
RULES = ("segment-new", "segment-change", "journey?at=trigger", "journey?at=asks")
AUDIENCES = ("campaign_reach?segment={segment}&holdout_share=0.1", "campaign_edit?step=check")
GROWING = {
    **dict.fromkeys(
        ("customers?q=Ros", "customers?q=c77", "vouchers?q=B7"), "finds more in a larger shop, 200 at most"
    ),
    "measure_effect": "compares both arms of a small measure, customer by customer; a large one's effect is kept",
    **dict.fromkeys(RULES, "counts a rule as it is written, in a large shop in a sample"),
    "measures": "counts whom each playbook would reach, in a large shop in a sample",
    "campaign": "compares the arms of a small campaign, customer by customer; those of a large one are kept",
    **dict.fromkeys(AUDIENCES, "counts whom a campaign would reach: the number that somebody confirms must be true"),
}
"""Pages whose work grows with the shop, and why it may."""
PROFILES = "a rule asks for any of 49 columns, which cannot all have an index; a large shop is sampled"
SCANNING = {(name, "segments_customerprofile"): PROFILES for name in (*RULES, *AUDIENCES, "measures")}
"""(page, table) that are read from end to end, and why they may."""


@dataclass
class Seen:
    """What the requests of one page asked the database."""

    statements: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    """Of SQLite's machine, for each statement until the next."""
    scans: set[tuple[str, str]] = field(default_factory=set)


_FOUND: list[dict[str, Seen]] = []
"""Kept for all tests of this file: found once."""


@pytest.fixture
def seen(db: None) -> list[dict[str, Seen]]:
    """What every page asked in the small shop and in the large one, which is the small one with more in it."""
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("counts the steps of SQLite")
    if not _FOUND:
        now = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
        shop = begin(now)
        done = 0
        for customers in (SMALL, LARGE):
            fill(shop, customers - done, now)
            done = customers
            _FOUND.append(_visited(shop, now))
    return _FOUND


def _visited(shop: Any, now: datetime) -> dict[str, Seen]:
    from django.core.cache import cache
    from django.test import Client

    from regulars.core.models import Staff
    from regulars.core.scoping import scope
    from regulars.insights import sweeps

    with scope(shop=shop):
        shop.refresh_from_db()
        sweeps.keep_facts(shop, now)
    client = Client()
    client.force_login(Staff.objects.get(email="owner@bench.example"), "django.contrib.auth.backends.ModelBackend")
    pages: dict[str, Seen] = {}
    for name, address in visits(shop).items():
        if not address or client.get(address).status_code != 200:  # an act, or a page with nothing to show here
            continue
        cache.clear()
        pages[name] = _asked(client, address)
    return pages


def _asked(client: Any, address: str) -> Seen:
    """One request: its statements, the steps they took, and what they read from end to end."""
    from django.db import connection

    noted, asked = Seen(), []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        noted.steps.append(0)
        return execute(sql, params, many, context)

    def count() -> int:
        if noted.steps:
            noted.steps[-1] += STEP
        return 0

    connection.connection.set_progress_handler(count, STEP)
    try:
        with connection.execute_wrapper(note):
            client.get(address)
    finally:
        connection.connection.set_progress_handler(None, 0)
    noted.statements = [sql for sql, _params in asked]
    for sql, params in asked:
        if sql.startswith("SELECT"):
            noted.scans |= _scans(sql, params)
    return noted


def _scans(sql: str, params: Any) -> set[tuple[str, str]]:
    """(table, statement) of the large tables that the plan of `sql` reads from end to end."""
    from django.db import connection

    names = {alias: table for table, alias in re.findall(r'"(\w+)" ([TUVW]\d+)\b', sql)}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        lines = [row[3] for row in cursor.fetchall()]
    found = (re.match(r"SCAN (\w+)", line) for line in lines)
    tables = {names.get(one[1], one[1]) for one in found if one}
    return {(table, sql) for table in tables & TABLES}


def _most(small: Seen, large: Seen) -> str:
    """The statement that grew most."""
    grown = [(b - a, a, b, sql) for a, b, sql in zip(small.steps, large.steps, large.statements, strict=True)]
    _by, before, after, sql = max(grown)
    return f"{before} steps, then {after}: {sql}"


def test_a_page_asks_as_often_in_a_large_shop_as_in_a_small_one(seen: Any) -> None:
    small, large = seen
    assert len(large) > 50
    different = {
        name: (len(small[name].statements), len(large[name].statements))
        for name in large
        if len(small[name].statements) != len(large[name].statements)
    }
    assert different == {}


def test_the_work_of_a_page_does_not_grow_with_the_shop(seen: Any) -> None:
    small, large = seen
    grown = {
        name: _most(small[name], large[name])
        for name in large
        if sum(large[name].steps) > 1.5 * sum(small[name].steps) + 2000
    }
    assert {name: most for name, most in grown.items() if name not in GROWING} == {}
    assert set(GROWING) - set(grown) == set(), "need not be excused any more"


def test_no_page_reads_a_large_table_from_end_to_end(seen: Any) -> None:
    _small, large = seen
    found = {(name, table): sql for name, one in large.items() for table, sql in one.scans}
    assert {place: sql for place, sql in found.items() if place not in SCANNING} == {}
    assert set(SCANNING) - set(found) == set(), "need not be excused any more"
