"""The real purchases as the order lines of a shop's export: shifted in time, with made-up titles.

Needs nothing of Django, so that a process of its own writes the file while the database is prepared:
`python -m regulars.run.demo.purchases FILE LAST_DAY CUSTOMERS`.
"""

import csv
import gzip
import random
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from .people import catalogue

DATA = Path(__file__).parent / "data" / "cdnow_transactions.csv.gz"
LAST_REAL_DAY = date(1998, 6, 30)
MOST_TITLES = 4
"""Lines of one order at most: who buys more takes several of a title."""
MAPPING = """\
# The purchases of CDNOW, written as the order lines of a record shop. Those without value count, as published.
kind = "orders"

[title]
en = "Plattenkiste (CDNOW with titles)"
de = "Plattenkiste (CDNOW mit Titeln)"

[columns]
order = "order"
customer = "customer"
date = "date"
sku = "sku"
title = "title"
quantity = "quantity"
line_value = "value"

[rows]
zero_counts = true
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One real purchase. day: shifted; value in minor units."""

    customer: str
    order: str
    day: date
    units: int
    value: int


class Line(NamedTuple):
    """One line of an order; values in minor units."""

    sku: str
    title: str
    quantity: int
    list_value: int
    value: int


def purchases(end: date, customers: int | None = None) -> Iterator[Row]:
    """All real purchases, oldest customer first, shifted by whole days so that the last one falls on `end`.

    customers: only those of so many, the first ones.
    """
    shift = end - LAST_REAL_DAY
    count: Counter[str] = Counter()
    days: dict[str, date] = {}
    with gzip.open(DATA, "rt", encoding="ascii", newline="") as file:
        for customer, text, units, value in _cells(file):
            if customers is not None and customer not in count and len(count) == customers:
                return
            count[customer] += 1
            day = days.get(text) or days.setdefault(text, date.fromisoformat(text) + shift)
            yield Row(customer, f"{customer}-{count[customer]}", day, int(units), round(float(value) * 100))


def _cells(file: Iterator[str]) -> Iterator[tuple[str, str, str, str]]:
    rows = csv.reader(file)
    header = next(rows)
    places = [header.index(name) for name in ("customer_id", "date", "cds", "value")]
    for row in rows:
        customer, day, units, value = (row[place] for place in places)
        yield customer, day, units, value


class Shelves:
    """The made-up records by genre, to draw an order's titles from."""

    def __init__(self) -> None:
        self.records = catalogue()
        genres = sorted({record.genre for record in self.records})
        self.by_genre = [[record for record in self.records if record.genre == genre] for genre in genres]

    def lines(self, customer: str, order: str, value: int, units: int, discount: int = 0) -> list[Line]:
        """Titles for an order: mostly of one genre that the customer likes, adding up to its value to the cent."""
        draw = random.Random(f"{customer}:{order}")
        liked = zlib.crc32(customer.encode()) % len(self.by_genre)
        shelf = self.by_genre[liked] if draw.random() < 0.75 else self.records
        parts = max(1, min(units, MOST_TITLES))
        first = draw.randrange(len(shelf))
        return [
            Line(
                record.sku,
                record.title,
                _share(max(units, 1), parts, place),
                _share(value, parts, place),
                _share(value - discount, parts, place),
            )
            for place in range(parts)
            for record in [shelf[(first + 7 * place) % len(shelf)]]
        ]


def _share(total: int, parts: int, place: int) -> int:
    """The part of `total` at `place` when it is split evenly into whole `parts` that add up."""
    return total // parts + (place < total % parts)


def write_file(path: Path, end: date, customers: int | None = None) -> None:
    """Writes the purchases up to `end` as CSV, one order line each. CDNOW tells the day, not the hour: noon."""
    shelves = Shelves()
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("order", "customer", "date", "sku", "title", "quantity", "value"))
        for row in purchases(end, customers):
            at = f"{row.day.isoformat()} 12:00:00"
            out.writerows(
                (row.order, row.customer, at, line.sku, line.title, line.quantity, f"{line.value / 100:.2f}")
                for line in shelves.lines(row.customer, row.order, row.value, row.units)
            )


if __name__ == "__main__":
    write_file(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
