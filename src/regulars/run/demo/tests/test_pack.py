"""A packed database comes back cell by cell, or with every moment, day and date in JSON moved by the same days."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.actions import upsert_customers
from regulars.know.customers.actions.drafts import CustomerDraft
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders
from regulars.run.demo.build import _moved
from regulars.run.demo.pack import pack, unpack

NOW = datetime(2026, 2, 27, 9, 30, 0, 250_000, tzinfo=UTC)
Rows = dict[str, list[tuple[object, ...]]]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the demo lives on SQLite"),
]


@pytest.fixture
def database(shop: Shop) -> Path:
    """Rosa and an order of hers, in the database of the tests."""
    with scope(shop=shop):
        upsert_customers(
            shop,
            [CustomerDraft(number="R1", first_name="Rosa \\N „ä“\n", emails=("rosa@example.com",), since=NOW)],
            now=NOW,
            source="test",
            is_history=False,
        )
        order = OrderDraft(
            number="1",
            placed_at=NOW,
            lines=[LineDraft("LP-1", "Blue", 1, 1000, 900)],
            customer_number="R1",
            currency="EUR",
        )
        upsert_orders(shop, [order], now=NOW, source="test", is_history=False)
    connection.close()
    return Path(connection.settings_dict["NAME"])


def rows_of(database: Path, *, without: frozenset[str] = frozenset()) -> Rows:
    with closing(sqlite3.connect(database)) as opened:
        names = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: opened.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
            for name in names
            if name not in {*without, "sqlite_stat1"}
        }


def schema_of(database: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as opened:
        found = opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, sql) for name, sql in found if name != "sqlite_stat1"}


def test_what_is_unpacked_is_what_was_packed(database: Path, tmp_path: Path) -> None:
    pack(database, tmp_path / "shop.xz")
    unpack(tmp_path / "shop.xz", tmp_path / "again.sqlite3", 0)

    assert rows_of(tmp_path / "again.sqlite3") == rows_of(database)
    assert schema_of(tmp_path / "again.sqlite3") == schema_of(database)  # with indexes and triggers
    with closing(sqlite3.connect(tmp_path / "again.sqlite3")) as again:
        assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert again.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_moment_moves_by_the_same_days(database: Path, tmp_path: Path) -> None:
    pack(database, tmp_path / "shop.xz")
    unpack(tmp_path / "shop.xz", tmp_path / "later.sqlite3", 3)

    with closing(sqlite3.connect(tmp_path / "later.sqlite3")) as later:
        (placed,) = later.execute("SELECT placed_at FROM orders_order").fetchone()
        events = dict(later.execute("SELECT type, data FROM timeline_event").fetchall())
    assert datetime.fromisoformat(placed).replace(tzinfo=UTC) == NOW + timedelta(days=3)
    assert "order.placed" in events
    before, after = rows_of(database), rows_of(tmp_path / "later.sqlite3")
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert "2026-02-27 09:30" not in repr(after), "a moment stayed behind"


def test_a_table_may_stay_at_home(database: Path, tmp_path: Path) -> None:
    left = frozenset({"timeline_event", "timeline_eventdue"})
    pack(database, tmp_path / "shop.xz", without=left)
    unpack(tmp_path / "shop.xz", tmp_path / "again.sqlite3", 0)

    again = rows_of(tmp_path / "again.sqlite3")
    assert again["timeline_event"] == []
    assert again["orders_order"] == rows_of(database)["orders_order"]


@pytest.mark.parametrize(
    ("birthday", "days", "moved"),
    [
        ((27, 2, 1990), 3, (2, 3, 1990)),
        ((27, 2, None), 2, (29, 2, None)),  # without a year every day is there
        ((31, 12, 1999), 1, (1, 1, 2000)),
    ],
)
def test_a_birthday_moves_with_the_rest(
    birthday: tuple[int, int, int | None], days: int, moved: tuple[int, int, int | None]
) -> None:
    assert _moved(*birthday, days) == moved
