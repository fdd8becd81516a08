"""Made-up people for real purchases: names, addresses at example.com, birthdays, consents, record titles.

Everything is drawn from the customer's number, so that two runs make the same people.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_NAMES_DE = (
    "Anna Anton Arne Astrid Bastian Beate Bernd Birgit Björn Brigitte Carla Carsten Christa Clara Daniel Dieter Dirk Elena "
    "Elif Elke Emil Erik Esra Eva Fabian Fatma Felix Finn Frank Frieda Gerd Gisela Greta Günter Hanna Hannes Heike Helga "
    "Henrik Holger Ida Ilse Ines Ingo Jan Jana Jens Johanna Jonas Jörg Julia Jürgen Kai Karin Karl Katja Kerstin Klara Klaus "
    "Lara Lars Laura Lea Leon Levin Liese Linus Lotte Luca Lukas Maja Malte Manfred Maren Maria Marie Markus Martha Martin "
    "Matthias Mehmet Mia Michael Mila Moritz Nadine Nele Niklas Nina Noah Norbert Olaf Ole Pauline Peter Petra Philipp Ralf "
    "Renate Rita Robert Sabine Sarah Sebastian Silke Simon Sofia Stefan Susanne Sven Tanja Theo Thomas Till Tobias Tom Ulrike "
    "Ute Uwe Vera Wolfgang Yasemin Yusuf"
).split()
LAST_NAMES_DE = (
    "Albers Arnold Bach Bauer Baumann Beck Becker Berger Bergmann Böhm Brandt Braun Busch Demir Dietrich Ebert Engel Ernst "
    "Fischer Förster Franke Friedrich Fuchs Graf Groß Günther Haas Hahn Hansen Hartmann Heinrich Herrmann Hoffmann Horn Huber "
    "Jäger Jansen Jung Kaiser Kaya Keller Klein Koch Köhler König Kraft Kramer Kraus Krüger Kuhn Kühn Lang Lange Lehmann "
    "Lindner Lorenz Ludwig Maier Martens Mayer Meier Meyer Möller Müller Neumann Otto Petersen Peters Pohl Richter Roth Sauer "
    "Schäfer Schmidt Schmitt Schneider Scholz Schreiber Schröder Schubert Schulte Schulz Schumacher Schuster Schwarz Seidel "
    "Simon Sommer Stein Thomas Vogel Vogt Voigt Wagner Walter Weber Weiß Werner Winkler Winter Wolf Yilmaz Ziegler Zimmermann"
).split()
FIRST_NAMES_EN = (
    "Abigail Adam Alice Amelia Amir Arthur Ben Callum Charlotte Chloe Daisy Dylan Eleanor Emily Ethan Fiona Freya George Grace "
    "Hannah Harriet Harry Imogen Isaac Isla Jack Jacob James Jessica Joshua Leo Lily Logan Lucy Mason Matilda Max Molly Nora "
    "Oliver Olivia Oscar Owen Phoebe Poppy Priya Ravi Riley Rosie Ruby Samuel Scarlett Sienna Sophie Theo Thomas Toby William"
).split()
LAST_NAMES_EN = (
    "Adams Allen Bailey Baker Bell Bennett Brown Carter Chapman Clark Collins Cook Cooper Cox Davies Davis Edwards Ellis Evans "
    "Fox Gray Green Griffiths Hall Harris Harrison Hill Holmes Hughes Hunt Jackson James Johnson Jones Kelly King Knight Lee "
    "Lewis Marshall Martin Mason Mills Mitchell Moore Morgan Morris Murphy Murray Palmer Parker Patel Phillips Price Reid "
    "Richards Roberts Robinson Rogers Russell Scott Shaw Simpson Singh Smith Stevens Stewart Taylor Thompson Turner Walker "
    "Ward Watson Webb White Wilkinson Williams Wilson Wood Wright Young"
).split()
GENRES = ("Indie", "Jazz", "Soul", "Klassik", "Elektronik", "Rock", "Hip-Hop", "Folk", "Chanson", "Metal")
TITLE_FIRST = (
    "Blue Slow Silver Northern Paper Hidden Quiet Electric Golden Broken Midnight Velvet Winter Distant Second Hollow Neon "
    "Salt Amber Little"
).split()
TITLE_SECOND = (
    "Harbour Letters Rooms Seasons Machines Garden Motel Lights Rivers Stories Radio Island Arcade Weather Mirrors Avenue "
    "Satellites Orchard Tides Postcards"
).split()

HAS_CONSENT = 0.58
HAS_BARE_CLAIM = 0.12
MAY_TRACK = 0.6
HAS_BIRTHDAY = 0.55
BIRTHDAY_HAS_YEAR = 0.5
SPEAKS_ENGLISH = 0.25


@dataclass(frozen=True)
class Person:
    """One made-up person. consent: "proven", "claimed" or "". birthday: `--MM-DD` where the year is not known."""

    number: str
    first_name: str
    last_name: str
    email: str
    locale: str
    birthday: str
    consent: str
    may_track: bool


def person(number: str) -> Person:
    """The person behind a customer number."""
    draw = random.Random(f"plattenkiste:{number}")
    english = draw.random() < SPEAKS_ENGLISH
    first = draw.choice(FIRST_NAMES_EN if english else FIRST_NAMES_DE)
    last = draw.choice(LAST_NAMES_EN if english else LAST_NAMES_DE)
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
    )


def _birthday(draw: random.Random) -> str:
    if draw.random() >= HAS_BIRTHDAY:
        return ""
    day = date(1950, 1, 1) + timedelta(days=draw.randrange(365 * 55))
    return day.isoformat() if draw.random() < BIRTHDAY_HAS_YEAR else f"--{day:%m-%d}"


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
    records = []
    for number in range(400):
        first, second = TITLE_FIRST[number % 20], TITLE_SECOND[(number // 20) % 20]
        records.append(Record(f"LP-{number + 1:03d}", f"{first} {second}", GENRES[(number * 7 + number // 40) % 10]))
    return records


def taste(number: str, records: list[Record]) -> random.Random:
    """The source of randomness for what this customer likes to buy."""
    return random.Random(f"taste:{number}")
