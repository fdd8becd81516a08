"""MIME: what a mail program reads back is what was meant, whatever the names and texts."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import unquote
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.channels.smtp.mime import AddressRefused, Skeleton, checked_address, date_header
from regulars.reach.messaging.channel import Batch, Outgoing, Sender
from regulars.reach.messaging.rendering import RenderRefused, Source, compile_source

OWN = "https://mail.plattenkiste.example"
DATE = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
VALUES = {
    "shop.name": "Plattenkiste",
    "shop.address": "Rillenweg 33",
    "shop.url": "https://plattenkiste.example",
    "unsubscribe.url": f"{OWN}/u/abc",
    "preferences.url": f"{OWN}/p/abc",
    "open.url": None,
}
MJML = "<mj-section><mj-column><mj-text>Hallo {{ name }}, ä {{ more }} €</mj-text></mj-column></mj-section>"
TEXT = ".dot first\nHallo {{ name }}\n{{ more }}\n.\n"


def skeleton(
    purpose: str = "marketing",
    sender: str = "Plattenkiste Köln",
    subject: str = "Für {{ name }}",
    link: Any = None,
    mjml: str = MJML,
    text: str = TEXT,
) -> Skeleton:
    content = compile_source(Source("w", "de", subject, mjml, text=text), None, OWN)
    return Skeleton(
        Batch(
            content,
            "1",
            Sender(sender, "post@plattenkiste.example", "hilfe@plattenkiste.example"),
            purpose,
            "win_back:1:shop",
            DATE,
            OWN,
            [],
            link,
        )
    )


SKELETON = skeleton()


def built(name: str, more: str = "", skeleton: Skeleton = SKELETON, to: str = "rosa@example.com") -> tuple[bytes, str]:
    outgoing = Outgoing(1, "m1@plattenkiste.example", name, to, {**VALUES, "name": name, "more": more})
    return skeleton.build(outgoing, to, date_header(DATE))


def parsed(data: bytes) -> Any:
    return message_from_bytes(data, policy=policy.default)


def lines_fit(data: bytes) -> None:
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert max(len(line) for line in data.split(b"\r\n")) <= 78


def test_headers_of_advertising() -> None:
    mail = parsed(built("Rosa")[0])
    assert mail["from"] == "Plattenkiste Köln <post@plattenkiste.example>"
    assert mail["to"] == "Rosa <rosa@example.com>"
    assert mail["reply-to"] == "hilfe@plattenkiste.example"
    assert mail["subject"] == "Für Rosa"
    assert mail["date"].datetime == DATE
    assert mail["message-id"] == "<m1@plattenkiste.example>"
    assert mail["list-unsubscribe"] == f"<{OWN}/u/abc>"
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["feedback-id"] == "win_back:1:shop"
    assert mail["auto-submitted"] is None
    assert mail["mime-version"] == "1.0"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert not mail.defects


def test_a_service_message_says_that_a_machine_wrote_it_and_has_no_unsubscribe() -> None:
    mail = parsed(built("Rosa", skeleton=skeleton("service"))[0])
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["list-unsubscribe"] is None
    assert mail["list-unsubscribe-post"] is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120), st.text(max_size=400))
def test_whatever_the_values_the_mail_reads_back(name: str, more: str) -> None:
    data, _note = built(name, more)
    lines_fit(data)
    mail = parsed(data)
    shown = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", name).split())
    assert set(mail.keys()) == {
        "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "From", "Reply-To", "List-Unsubscribe-Post",
        "Feedback-ID", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert mail["to"].addresses[0].addr_spec == "rosa@example.com"
    # The policy's own reader puts blanks between encoded words of a name, against RFC 2047, 6.2: hence the plain decoder.
    to = str(make_header(decode_header(message_from_bytes(data)["to"].replace("\r\n", "")))).rpartition("<")[0]
    assert unquote(to.strip()) == shown
    assert mail["subject"] == f"Für {shown}".strip()
    text, html = list(mail.iter_parts())

    def sent(value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()

    assert text.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip(
        "\n"
    ) == f".dot first\nHallo {sent(name)}\n{sent(more)}\n.".rstrip("\n")
    assert f"Hallo {sent(escape(name))}, ä {sent(escape(more))} €" in html.get_payload(decode=True).decode().replace(
        "\r\n", "\n"
    )


@pytest.mark.parametrize("name", ["Rosa\r\nBcc: otto@example.com", "Rosa\nX: y", "Rosa\x00\x0b", "Rosa\u2028X"])
def test_no_header_is_smuggled_in_by_a_name(name: str) -> None:
    data, note = built(name)
    mail = parsed(data)
    assert note == "header cleaned"
    assert mail["bcc"] is None
    assert mail["x"] is None
    assert str(mail["to"]).startswith(("Rosa", '"Rosa'))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "rosa",
        "rosa@",
        "@example.com",
        "a b@example.com",
        "rosa@example.com\r\nBcc: x@y.z",
        "a@b@c.de",
        "ro<sa@example.com",
        "rosa@exa mple.com",
        "x" * 65 + "@example.com",
        "rosa@-example.com",
        "rosa\u2028@example.com",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        checked_address(address)


def test_a_domain_with_umlauts_becomes_ascii_and_a_local_part_needs_smtputf8() -> None:
    assert checked_address("rosa@müller.example") == ("rosa@xn--mller-kva.example", False)
    assert checked_address("rösa@example.com") == ("rösa@example.com", True)


def test_a_tracked_link_stands_in_both_parts_where_there_is_one() -> None:
    mjml = '<mj-section><mj-column><mj-text><a href="https://plattenkiste.example/neu?x=1&amp;y=2">Neu</a></mj-text></mj-column></mj-section>'
    tracked = skeleton(mjml=mjml, text="", link=lambda index, values: f"{OWN}/c/token{index}")
    plain = skeleton(mjml=mjml, text="", link=lambda index, values: None)
    for part in parsed(built("Rosa", skeleton=tracked)[0]).iter_parts():
        content = part.get_content()
        assert f"{OWN}/c/token0" in content
        assert "plattenkiste.example/neu" not in content
        assert f"{OWN}/u/abc" in content
    text, html = (part.get_content() for part in parsed(built("Rosa", skeleton=plain)[0]).iter_parts())
    assert "Neu: https://plattenkiste.example/neu?x=1&y=2" in text
    assert 'href="https://plattenkiste.example/neu?x=1&amp;y=2"' in html


def test_a_message_without_a_value_is_refused() -> None:
    with pytest.raises(RenderRefused, match="more"):
        SKELETON.build(
            Outgoing(1, "m@x", "Rosa", "rosa@example.com", {**VALUES, "name": "Rosa"}), "rosa@example.com", "d"
        )
