"""The bytes on the wire, against the example of the standard and against a receiver that shares no code with the sender."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.channels.web_push.encryption import MOST, decoded, encoded, encrypt, new_key, private_key, public_key

from .conftest import Browser


def test_the_example_of_the_standard() -> None:
    """RFC 8291, section 5."""
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        own=private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.text(max_size=600))
def test_a_browser_reads_what_was_meant_for_it(text: str) -> None:
    import json

    browser, other = Browser("https://push.example/1"), Browser("https://push.example/2")
    body = encrypt(json.dumps({"text": text}).encode(), browser.public, browser.auth)
    assert browser.read(body) == {"text": text}
    with pytest.raises(Exception):  # noqa: B017 - whatever the cipher raises
        other.read(body)


def test_no_message_is_longer_than_push_services_take() -> None:
    browser = Browser("https://push.example/1")
    assert len(encrypt(os.urandom(MOST), browser.public, browser.auth)) <= 4096
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"x" * (MOST + 1), browser.public, browser.auth)


def test_each_message_has_a_key_of_its_own() -> None:
    browser = Browser("https://push.example/1")
    bodies = {encrypt(b'{"a":1}', browser.public, browser.auth) for _ in range(20)}
    assert len({body[:16] for body in bodies}) == len({body[21:86] for body in bodies}) == 20


def test_a_key_comes_back_as_it_was_made() -> None:
    public, private = new_key()
    assert encoded(public_key(decoded(public)).public_numbers().x.to_bytes(32, "big")) in encoded(decoded(public)[1:33])
    assert private_key(private).public_key().public_numbers() == public_key(decoded(public)).public_numbers()
    for wrong in (b"", b"\x04" + b"\0" * 64, os.urandom(65)):
        with pytest.raises(ValueError, match=r".*"):
            public_key(wrong)
