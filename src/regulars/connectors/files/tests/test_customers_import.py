"""Customers from files: names, birthdays, consents, and every bad line named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from regulars.connectors.files.actions import perform, start_run
from regulars.connectors.files.customer_rows import Wrong, _birthday
from regulars.connectors.files.models import ImportRun
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers.actions import erase
from regulars.know.customers.models import Customer, PostalAddress
from regulars.know.timeline.models import EventDue

from .test_orders_import import rejects


def bring(shop: Shop, now: datetime, tmp_path: Path, text: str, dry: bool = False) -> ImportRun:
    path = tmp_path / "customers.csv"
    path.write_text(text)
    run = start_run(shop, "customers", path, now=now, preset="customers", is_dry_run=dry)
    return perform(run, now, clock=lambda: now)


FILE = (
    "number,email,first_name,last_name,locale,birthday,accepts_marketing,consent_evidence,consent_given_at,consent_wording\n"
    "1,rosa@example.com,Rosa,Rot,de,1984-06-12,,form 7,2025-03-01 12:00,Ja\n"
    "2,lena@example.com,Lena,Lange,en,29.02.,yes,,,\n"
    ",nico@example.com,Nico,,,,no,,,\n"
)


def test_customers_with_birthdays_and_consents(shop: Shop, now: datetime, tmp_path: Path) -> None:
    dry = bring(shop, now, tmp_path, FILE, dry=True)
    with scope(shop=shop):
        assert (dry.counts["customers"], Customer.objects.count()) == (3, 0)

    run = bring(shop, now, tmp_path, FILE)
    again = bring(shop, now, tmp_path, FILE)

    assert (run.counts["rows"], run.counts["customers"], run.counts["unchanged"]) == (3, 3, 0)
    assert (again.counts["rows"], again.counts["customers"], again.counts["unchanged"]) == (3, 0, 3)
    with scope(shop=shop):
        rosa, lena = Customer.objects.filter(number__in=["1", "2"]).order_by("number")
        assert (rosa.birthday_day, rosa.birthday_month, rosa.birthday_year) == (12, 6, 1984)
        assert (lena.birthday_day, lena.birthday_month, lena.birthday_year, lena.locale) == (29, 2, None, "en")
        states = dict(Consent.objects.values_list("customer__first_name", "state"))
        assert states == {"Rosa": "granted", "Lena": "unproven"}
        assert Consent.objects.get(customer=rosa).given_at == datetime(2025, 3, 1, 11, tzinfo=UTC)
        assert not EventDue.objects.exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1984-06-12", (12, 6, 1984)), ("12.06.1984", (12, 6, 1984)), ("--04-12", (12, 4, None)), ("0412", (12, 4, None)),
        ("12.4.", (12, 4, None)), ("02-29", (29, 2, None)), ("2000-02-29", (29, 2, 2000)), ("", None),
    ],
)  # fmt: skip
def test_birthdays(text: str, value: object) -> None:
    assert _birthday(text) == value


@pytest.mark.parametrize("text", ["2001-02-29", "31.04.", "13-13", "1812-01-01", "soon", "12/06/1984"])
def test_no_birthdays(text: str) -> None:
    with pytest.raises(Wrong):
        _birthday(text)


def test_bad_rows_are_named_and_the_good_ones_taken(shop: Shop, now: datetime, tmp_path: Path) -> None:
    head = "number,email,country,locale,birthday,consent_evidence\n"
    bad = [
        "1,rosa,,,,",
        "2,,Germany,,,",
        "3,,,deutsch,,",
        "4,,,,2001-02-29,",
        ",,DE,,,",
        "6,,,,,form",
        "7,a@b.example,DE,de,,",
    ]
    run = bring(shop, now, tmp_path, head + "\n".join(bad))

    assert [(line, column) for line, column, _ in rejects(run)] == [
        ("2", "email"), ("3", "country"), ("4", "locale"), ("5", "birthday"), ("6", "number"), ("7", "consent_given_at"),
    ]  # fmt: skip
    assert run.counts["customers"] == 1


def test_an_erased_person_does_not_come_back(shop: Shop, now: datetime, tmp_path: Path) -> None:
    bring(shop, now, tmp_path, FILE)
    with scope(shop=shop):
        erase(shop, [Customer.objects.get(number="1").pk], now)

    run = bring(shop, now, tmp_path, FILE)

    assert rejects(run) == [("2", "number", "the person was erased and stays so")]
    with scope(shop=shop):
        assert not Customer.objects.filter(first_name="Rosa").exists()


def test_postal_addresses_come_along(shop: Shop, now: datetime, tmp_path: Path) -> None:
    run = bring(
        shop, now, tmp_path,
        "number,Vorname,Firma,Straße,Adresszusatz,PLZ,Ort,Land\n1,Rosa,Rot & Co,Rillenweg 33,Hof,12345,Berlin,DE\n2,Nico,,,,,,\n"
        "3,Lena,,Weg 1,,12345,,DE\n",
    )  # fmt: skip
    row = PostalAddress._base_manager.get()
    assert (row.recipient, row.street, row.postal_code, row.city, row.country) == (
        "Rot & Co", "Rillenweg 33\nHof", "12345", "Berlin", "DE",
    )  # fmt: skip
    assert [reason for *_place, reason in rejects(run)] == ["a postal address needs a city"]
