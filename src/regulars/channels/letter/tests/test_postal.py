"""The lines on the envelope, by country, and which addresses are not complete."""

from typing import Any

import pytest

from regulars.channels.letter.postal import lines_of, reached

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ({}, ["Rosa Rot", "Rillenweg 33", "12345 Berlin"]),
        ({"recipient": "Rot & Söhne"}, ["Rosa Rot", "Rot & Söhne", "Rillenweg 33", "12345 Berlin"]),
        (
            {"street": "Ringstraße 1\nTür 4", "postal_code": "1010", "city": "Wien", "country": "AT"},
            ["Rosa Rot", "Ringstraße 1", "Tür 4", "1010 WIEN", "ÖSTERREICH"],
        ),
        (
            {"street": "10 Downing Street", "postal_code": "sw1a 2aa", "city": "London", "country": "GB"},
            ["Rosa Rot", "10 Downing Street", "LONDON", "SW1A 2AA", "VEREINIGTES KÖNIGREICH"],
        ),
        (
            {"street": "1 Main St", "postal_code": "62704", "city": "Springfield", "region": "il", "country": "US"},
            ["Rosa Rot", "1 Main St", "SPRINGFIELD, IL 62704", "VEREINIGTE STAATEN"],
        ),
        (
            {"street": "ul. Żółta 5", "postal_code": "00-001", "city": "Łódź", "country": "PL"},
            ["Rosa Rot", "ul. Żółta 5", "00-001 ŁÓDŹ", "POLEN"],
        ),
    ],
)
def test_the_lines_of_each_country(address: dict[str, str], lines: list[str], shop: Any, rosa: Any, lives: Any) -> None:
    assert lines_of(shop, rosa, lives(rosa, **address)) == lines


@pytest.mark.parametrize(
    "address",
    [
        {"street": ""},
        {"city": " "},
        {"postal_code": ""},
        {"postal_code": "1234"},
        {"country": "XX"},
        {"country": "US", "postal_code": "62704"},
        {"street": "a" * 40 + "\n" + "b" * 80, "recipient": "c" * 80},
    ],
)
def test_what_is_not_complete_gets_no_letter(address: dict[str, str], shop: Any, rosa: Any, lives: Any) -> None:
    assert lines_of(shop, rosa, lives(rosa, **address)) is None
    assert reached(shop, [rosa.pk]) == {}


def test_somebody_without_a_name_is_reached_by_the_company(shop: Any, rosa: Any, lives: Any) -> None:
    rosa.first_name = rosa.last_name = ""
    address = lives(rosa)
    assert lines_of(shop, rosa, address) is None
    address.recipient = "Plattenfreunde e. V."
    assert lines_of(shop, rosa, address) == ["Plattenfreunde e. V.", "Rillenweg 33", "12345 Berlin"]
