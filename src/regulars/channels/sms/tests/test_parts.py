"""How many parts a short message takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.sms.parts import parts_of


@pytest.mark.parametrize(
    ("text", "count", "units", "room"),
    [
        ("", 1, 0, 160),
        ("x" * 160, 1, 160, 160),
        ("x" * 161, 2, 161, 306),
        ("x" * 306, 2, 306, 306),
        ("x" * 307, 3, 307, 459),
        ("€" * 80, 1, 160, 160),
        ("€" * 81, 2, 162, 306),
        ("ß" * 160, 1, 160, 160),
        ("ж" * 70, 1, 70, 70),
        ("ж" * 71, 2, 71, 134),
        ("😀" * 35, 1, 70, 70),
        ("😀" * 36, 2, 72, 134),
    ],
)
def test_the_parts_are_those_of_the_standard(text: str, count: int, units: int, room: int) -> None:
    found = parts_of(text)
    assert (found.count, found.units, found.room) == (count, units, room)


def test_a_sign_of_two_is_never_cut() -> None:
    assert parts_of("x" * 152 + "€" + "x" * 152).count == 3, (
        "the euro moves to the second part, so that one is left over"
    )
    assert parts_of("ж" * 66 + "😀" + "ж" * 66).count == 3


def test_typographic_signs_are_named() -> None:
    found = parts_of("Ihr „Gutschein“ – nur heute")
    assert found.foreign == "„“–"
    assert not found.is_gsm


@given(st.text(max_size=400))
def test_parts_hold_what_they_are_said_to(text: str) -> None:
    found = parts_of(text)
    assert found.units <= found.room
    assert found.count >= 1
    assert parts_of(text + "x").count >= found.count
