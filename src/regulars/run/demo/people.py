"""Made-up people for real purchases: names, addresses at example.com, birthdays, consents, record titles.

Everything is drawn from the customer's number, so that two runs make the same people.
"""

import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

WORDS: dict[str, list[str]] = {
    name: text.split()
    for name, text in json.loads((Path(__file__).parent / "data" / "words.json").read_text("utf-8")).items()
}

HAS_CONSENT = 0.34
HAS_BARE_CLAIM = 0.25
MAY_TRACK = 0.6
HAS_BIRTHDAY = 0.55
BIRTHDAY_HAS_YEAR = 0.5
SPEAKS_ENGLISH = 0.25
ONE_OF_WHOM_MAY_BE_CALLED = 24


@dataclass(frozen=True)
class Person:
    """One made-up person. consent: "proven", "claimed" or "". phone: "" for most; a number
    that nobody has, of those who said that they may be called. birthday: `--MM-DD` where the year is not known."""

    number: str
    first_name: str
    last_name: str
    email: str
    locale: str
    birthday: str
    consent: str
    may_track: bool
    phone: str


def person(number: str) -> Person:
    """The person behind a customer number."""
    draw = random.Random(f"plattenkiste:{number}")
    english = draw.random() < SPEAKS_ENGLISH
    first = draw.choice(WORDS["first_names_en" if english else "first_names_de"])
    last = draw.choice(WORDS["last_names_en" if english else "last_names_de"])
    consent = draw.random()
    return Person(
        number=number,
        first_name=first,
        last_name=last,
        email=f"{_plain(first)}.{_plain(last)}.{number}@example.com",
        locale="en" if english else "de",
        birthday=_birthday(draw),
        consent="proven" if consent < HAS_CONSENT else "claimed" if consent < HAS_CONSENT + HAS_BARE_CLAIM else "",
        may_track=draw.random() < MAY_TRACK,
        phone=_phone(number),
    )


def _birthday(draw: random.Random) -> str:
    if draw.random() >= HAS_BIRTHDAY:
        return ""
    day = date(1950, 1, 1) + timedelta(days=draw.randrange(365 * 55))
    return day.isoformat() if draw.random() < BIRTHDAY_HAS_YEAR else f"--{day:%m-%d}"


def _phone(number: str) -> str:
    """+49 40 66969 000 to 999 are kept free for made-up people by the Bundesnetzagentur; each is given once."""
    place, rest = divmod(int(number) if number.isdigit() else -1, ONE_OF_WHOM_MAY_BE_CALLED)
    return f"+494066969{place:03d}" if rest == 0 and 0 <= place < 1000 else ""


def _plain(name: str) -> str:
    table = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", " ": ""})
    return name.lower().translate(table)


@dataclass(frozen=True)
class Record:
    """One made-up record."""

    sku: str
    title: str
    genre: str


def catalogue() -> list[Record]:
    """400 made-up records, 40 a genre."""
    genres, records = WORDS["genres"], []
    for number in range(400):
        first, second = WORDS["title_first"][number % 20], WORDS["title_second"][(number // 20) % 20]
        records.append(Record(f"LP-{number + 1:03d}", f"{first} {second}", genres[(number * 7 + number // 40) % 10]))
    return records
