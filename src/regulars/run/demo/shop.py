"""The record shop Plattenkiste: real purchases, shifted in time; made-up people and titles."""

import csv
import gzip
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from regulars.decide.contact_policy.actions import ConsentDraft
from regulars.know.customers.actions import CustomerDraft
from regulars.know.orders.actions import LineDraft

from .people import Person, catalogue

DATA = Path(__file__).parent / "data" / "cdnow_transactions.csv.gz"
LAST_REAL_DAY = date(1998, 6, 30)
CONSENT_WORDING = (
    "Ja, Plattenkiste darf mir per E-Mail Neuheiten und Angebote schicken. Abmelden kann ich mich jederzeit."
)
NAME = "Plattenkiste"
SENDER = "hallo@plattenkiste.example"
LEGAL_FOOTER = "Plattenkiste (ausgedachter Demoshop), Rillenweg 33, 20095 Hamburg\nEs wird keine echte Mail verschickt."
MOST_TITLES = 4
"""Lines of one order at most: who buys more takes several of a title."""


@dataclass(frozen=True)
class Row:
    """One real purchase. day: shifted; value in minor units."""

    customer: str
    order: str
    day: date
    units: int
    value: int


def purchases(end: date) -> Iterator[Row]:
    """All real purchases, oldest customer first, shifted by whole days so that the last one falls on `end`."""
    shift = end - LAST_REAL_DAY
    count: Counter[str] = Counter()
    with gzip.open(DATA, "rt", encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            customer = row["customer_id"]
            count[customer] += 1
            yield Row(
                customer=customer,
                order=f"{customer}-{count[customer]}",
                day=date.fromisoformat(row["date"]) + shift,
                units=int(row["cds"]),
                value=round(float(row["value"]) * 100),
            )


class Shelves:
    """The made-up records by genre, to draw an order's titles from."""

    def __init__(self) -> None:
        self.records = catalogue()
        genres = sorted({record.genre for record in self.records})
        self.by_genre = [[record for record in self.records if record.genre == genre] for genre in genres]

    def lines(self, customer: str, order: str, value: int, units: int, discount: int = 0) -> list[LineDraft]:
        """Titles for an order: mostly of one genre that the customer likes, adding up to its value to the cent."""
        draw = random.Random(f"{customer}:{order}")
        liked = zlib.crc32(customer.encode()) % len(self.by_genre)
        shelf = self.by_genre[liked] if draw.random() < 0.75 else self.records
        parts = max(1, min(units, MOST_TITLES))
        first = draw.randrange(len(shelf))
        return [
            LineDraft(
                sku=record.sku,
                title=record.title,
                quantity=_share(max(units, 1), parts, place),
                list_value=_share(value, parts, place),
                value=_share(value - discount, parts, place),
            )
            for place in range(parts)
            for record in [shelf[(first + 7 * place) % len(shelf)]]
        ]


def _share(total: int, parts: int, place: int) -> int:
    """The part of `total` at `place` when it is split evenly into whole `parts` that add up."""
    return total // parts + (place < total % parts)


def customer_draft(who: Person, since: datetime) -> CustomerDraft:
    """A made-up person as a shop would report them."""
    return CustomerDraft(
        number=who.number,
        first_name=who.first_name,
        last_name=who.last_name,
        emails=(who.email,),
        locale=who.locale,
        birthday=_birthday(who.birthday),
        since=since,
    )


def _birthday(text: str) -> tuple[int, int, int | None] | None:
    if not text:
        return None
    year, month, day = text[:-6], text[-5:-3], text[-2:]
    return int(day), int(month), int(year) if year != "-" else None


def consents(who: Person, customer_id: int, since: datetime) -> list[ConsentDraft]:
    """What a made-up person agreed to: with proof, as a bare claim of the shop (permits nothing), or not at all."""
    if not who.consent:
        return []
    is_proven = who.consent == "proven"
    purposes = ["marketing", *(["tracking"] if is_proven and who.may_track else [])]
    return [
        ConsentDraft(
            customer_id=customer_id,
            channel="email",
            purpose=purpose,
            given_at=since,
            evidence={"form": "checkout", "double_opt_in": True} if is_proven else {},
            wording=CONSENT_WORDING if is_proven else "",
            source="Plattenkiste",
            confirmed_at=since + timedelta(hours=1) if is_proven else None,
        )
        for purpose in purposes
    ]
