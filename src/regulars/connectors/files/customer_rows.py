"""The import of customers: one row each, checked and written in batches."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from regulars.core.errors import Refused
from regulars.decide.contact_policy.actions import ConsentDraft, grant_consents
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.decide.segments.models import ProfileState
from regulars.decide.segments.profiles import refresh
from regulars.know.customers.actions import CustomerDraft, PostalDraft, normalised, number_for, upsert_customers
from regulars.know.customers.models import Identity

from .checks import EPOCH, MARK, Rows
from .mapping import Mapping as FileMapping
from .mapping import bound, demand, read_mapping
from .models import ImportRun
from .source import Chunk, chunks, expected_rows, header_of
from .staging import Reject, Staging

SOURCE = "files"
BATCH = 500
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
BIRTHDAYS = (
    (re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ]00:00(?::00)?)?"), True),
    (re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})"), True),
    (re.compile(r"(?:--)?(?P<m>\d{2})-?(?P<d>\d{2})"), False),
    (re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.?"), False),
)
"""ISO and German dates, with the year and without (`--04-12`, `04-12`, `12.4.`)."""


@dataclass
class Person:
    """One row: the customer, and a consent if the row claims one."""

    line: int
    draft: CustomerDraft
    consent: dict[str, Any] | None = None


class Wrong(Exception):
    """A cell cannot be taken: (field, reason)."""


@dataclass
class Reader:
    """Reads rows of one file."""

    mapping: FileMapping
    used: dict[str, str]
    zone: str
    now: datetime
    moments: dict[str, list[int | None]] = field(default_factory=dict)

    def people(self, chunk: Chunk) -> tuple[list[Person], list[Reject]]:
        """The persons of a chunk, and the rejected lines."""
        rows = Rows(chunk.columns, self.used, self.mapping, len(chunk))
        fields = [name for name in (*self.mapping.columns, *self.mapping.constants) if rows.has(name)]
        texts = {
            name: rows.texts(name, 254, cut=name in ("consent_wording", "consent_evidence")).to_pylist()
            for name in fields
        }
        for name in ("since", "consent_given_at", "consent_confirmed_at"):
            if name in texts:
                texts[name] = rows.moments(name, self.zone, self.now).to_pylist()
        found, rejects = [], [(line, "", reason) for line, reason in chunk.malformed]
        lines = chunk.lines.to_pylist()
        for place, line in enumerate(lines):
            if place in rows.reasons:
                rejects.append((line, *rows.reasons[place]))
                continue
            try:
                found.append(self.person(line, {name: texts[name][place] for name in texts}))
            except Wrong as wrong:
                name, reason = wrong.args
                rejects.append((line, self.used.get(name, name), reason))
        return found, sorted(rejects)

    def person(self, line: int, row: Mapping[str, Any]) -> Person:
        """One person. Raises Wrong."""
        number, email, phone = row.get("number") or "", row.get("email") or "", row.get("phone") or ""
        if len(number) > 64:
            raise Wrong("number", "longer than 64 characters")
        if email and not EMAIL.fullmatch(email):
            raise Wrong("email", f"“{email}” is not an e-mail address")
        if not number and not email and not phone:
            raise Wrong("number", "the row names neither a number nor an address")
        country = (row.get("country") or "").upper()
        if country and not re.fullmatch("[A-Z]{2}", country):
            raise Wrong("country", f"“{country}” is not a country code of two letters, such as DE")
        zone = row.get("timezone") or ""
        if zone and zone not in available_timezones():
            raise Wrong("timezone", f"“{zone}” is not a time zone, such as Europe/Berlin")
        draft = CustomerDraft(
            number=number or _made_up(email, phone, country),
            first_name=(row.get("first_name") or "")[:80] or None,
            last_name=(row.get("last_name") or "")[:80] or None,
            emails=(email,) if email else (),
            phones=(phone,) if phone else (),
            locale=_locale(row.get("locale") or ""),
            timezone=zone or None,
            country=country or None,
            birthday=_birthday(row.get("birthday") or ""),
            since=_moment(row.get("since")),
            postal=_postal(row, country),
        )
        return Person(line, draft, self.consent(row))

    def consent(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the row says about a consent. Without evidence it is a claim, whatever the row calls it."""
        evidence = row.get("consent_evidence") or ""
        given = _moment(row.get("consent_given_at"))
        claims = (row.get("accepts_marketing") or "").lower() in MARK
        if not (claims or evidence or given):
            return None
        channel, purpose = row.get("consent_channel") or "email", row.get("consent_purpose") or "marketing"
        if channel not in Channel.values:
            raise Wrong("consent_channel", f"“{channel}” is not a channel: {', '.join(Channel.values)}")
        if purpose not in Purpose.values:
            raise Wrong("consent_purpose", f"“{purpose}” is not a purpose: {', '.join(Purpose.values)}")
        if evidence and given is None:
            raise Wrong("consent_given_at", "a consent with evidence needs the moment at which it was given")
        return {
            "channel": channel,
            "purpose": purpose,
            "given_at": given or _moment(row.get("since")) or self.now,
            "evidence": {"imported": evidence} if evidence else {},
            "wording": row.get("consent_wording") or "",
            "confirmed_at": _moment(row.get("consent_confirmed_at")),
            "source": "import",
        }


def _made_up(email: str, phone: str, country: str) -> str:
    """The number of somebody whose row has addresses only."""
    kind, value = (Identity.Kind.EMAIL, email) if email else (Identity.Kind.PHONE, phone)
    return number_for(kind, normalised(kind, value, country))


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(microseconds=micros)


def _locale(text: str) -> str | None:
    if not text:
        return None
    if not re.fullmatch(r"[A-Za-z]{2}([-_][A-Za-z]{2})?", text):
        raise Wrong("locale", f"“{text}” is not a language, such as de or en-GB")
    language, _, region = text.replace("_", "-").partition("-")
    return f"{language.lower()}-{region.upper()}" if region else language.lower()


def _postal(row: Mapping[str, Any], country: str) -> PostalDraft | None:
    """The postal address, where the row names a street."""
    street = "\n".join(filter(None, (row.get("street"), row.get("street_2"))))
    if not street:
        return None
    if not row.get("city"):
        raise Wrong("city", "a postal address needs a city")
    said = {name: row.get(name) or "" for name in ("postal_code", "city", "region")}
    return PostalDraft(street, **said, country=country, recipient=row.get("company") or "")


def _birthday(text: str) -> tuple[int, int, int | None] | None:
    """(day, month, year or None)."""
    if not text:
        return None
    for form, has_year in BIRTHDAYS:
        match = form.fullmatch(text)
        if match:
            day, month = int(match["d"]), int(match["m"])
            year = int(match["y"]) if has_year else None
            try:
                date(year or 2000, month, day)  # 2000 was a leap year: 29 February may lack its year
            except ValueError:
                break
            if year is not None and not 1900 <= year <= 2100:
                break
            return day, month, year
    raise Wrong("birthday", f"“{text}” is not a birthday, such as 1984-06-12 or 06-12")


def import_customers(run: ImportRun, staging: Staging, now: datetime, tell: Callable[[int, int], None]) -> None:
    """Imports the customers of the run's file. History: it triggers nothing."""
    mapping = read_mapping(run.mapping, run.preset or "of yours", run.kind)
    path = Path(run.path)
    used = bound(mapping, header_of(path, mapping))
    demand(mapping, used, [("number", "email", "phone")])
    reader = Reader(mapping, used, mapping.zone or run.shop.timezone, now)
    columns = sorted(set(used.values()))
    expected = expected_rows(path)
    if not staging.matches(run.digest):  # a broken file is refused before the first customer is written
        staging.write(
            run.digest, 0, (([], [], len(chunk) + len(chunk.malformed)) for chunk in chunks(path, mapping, columns))
        )
    done, rows, rejects = 0, 0, []
    skip = (run.checkpoint or [0])[0]
    for chunk in chunks(path, mapping, columns):
        people, refused = reader.people(chunk)
        rejects += refused
        for begin in range(0, len(people), BATCH):
            done += 1
            if done > skip:
                rejects += _write(run, people[begin : begin + BATCH], now, done, used)
        rows += len(chunk) + len(chunk.malformed)
        tell(rows, expected)
    staging.note_rejects(0, rejects)
    if rows == 0:
        raise Refused(f"{run.file_name} has no row of a customer")
    run.counts = {**run.counts, "rows": rows}


def _write(run: ImportRun, people: list[Person], now: datetime, done: int, used: dict[str, str]) -> list[Reject]:
    """One transaction; returns the lines of erased persons, who stay erased."""
    refused: list[Reject] = []
    with transaction.atomic():
        result = upsert_customers(
            run.shop, [person.draft for person in people], now=now, source=SOURCE, is_history=True
        )
        ids = result.ids
        counts = {"customers": result.created + result.changed, "unchanged": result.unchanged}
        consents = []
        for person in people:
            pk = ids.get(person.draft.number)
            if pk is None:
                refused.append((person.line, used.get("number", ""), "the person was erased and stays so"))
            elif person.consent is not None:
                consents.append(ConsentDraft(customer_id=pk, **person.consent))
        grant_consents(run.shop, consents, now=now, source=SOURCE, is_history=True)
        if ProfileState._base_manager.filter(shop=run.shop, windows_at__isnull=False).exists():
            refresh(run.shop, now, sorted(set(ids.values())), is_history=True)
        run.counts = {**run.counts, **{name: run.counts.get(name, 0) + count for name, count in counts.items()}}
        run.checkpoint = [done]
        if run.is_dry_run:
            transaction.set_rollback(True)
        else:
            ImportRun._base_manager.filter(pk=run.pk).update(counts=run.counts, checkpoint=run.checkpoint)
    return refused
