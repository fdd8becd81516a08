"""Campaigns of the past from CSV or CSV.gz: descriptions, recipients, redemptions."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.journeys.campaigns.actions import PastCampaign

CAMPAIGN = ("campaign_id", "campaign")
CUSTOMER = ("household_id", "customer_id", "customer")
BEGIN, END = ("start_date", "start"), ("end_date", "end")
NAME = ("name", "campaign_type", "type")
DAY = ("redemption_date", "date")


def read(shop: Shop, recipients: Path, descriptions: Path, redemptions: Path | None) -> list[PastCampaign]:
    """The campaigns; days are those of the shop's calendar. Raises Refused with file, line and column of what is wrong."""
    got: dict[str, list[str]] = defaultdict(list)
    for place, row in _rows(recipients):
        got[_of(row, CAMPAIGN, place)].append(_of(row, CUSTOMER, place))
    used: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for place, row in _rows(redemptions) if redemptions else ():
        at = clock.day_start(_day(row, DAY, place), shop.timezone)
        used[_of(row, CAMPAIGN, place)].append((_of(row, CUSTOMER, place), at))
    found = []
    for place, row in _rows(descriptions):
        number = _of(row, CAMPAIGN, place)
        begins, ends = _day(row, BEGIN, place), _day(row, END, place)
        if ends < begins:
            raise Refused(f"{place}: the campaign ends before it begins")
        name = next((row[column] for column in NAME if row.get(column)), "")
        found.append(
            PastCampaign(
                key=f"past-{number}".lower()[:40],
                name=f"{number} · {name}" if name else number,
                begins=clock.day_start(begins, shop.timezone),
                ends=clock.day_start(ends + timedelta(days=1), shop.timezone),
                recipients=got.pop(number, []),
                redemptions=used.pop(number, []),
            )
        )
    for file, left in ((recipients, got), (redemptions, used)):
        if left:
            raise Refused(f"{file}: campaign {next(iter(left))} is not among the descriptions")
    return found


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            yield f"{path.name}, line {number}", row


def _of(row: Mapping[str, str], names: tuple[str, ...], place: str) -> str:
    for name in names:
        if row.get(name):
            return row[name].strip()
    raise Refused(f"{place}: one of the columns {', '.join(names)} is needed")


def _day(row: Mapping[str, str], names: tuple[str, ...], place: str) -> date:
    text = _of(row, names, place)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{place}: “{text}” is not a day such as 2026-12-31") from None
