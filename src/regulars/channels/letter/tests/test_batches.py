"""Letters taken, printed and told of; the PDF read back by pdftotext."""

import re
import subprocess
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from regulars.channels.letter.actions import change_paper, pdf_of, settle_batch, take_batch
from regulars.channels.letter.models import LetterBatch, PrintedLetter
from regulars.channels.letter.sheet import FIELD, unprintable
from regulars.core.errors import Refused
from regulars.decide.contact_policy.actions import freeze, object_to_advertising
from regulars.decide.contact_policy.models import Contact, Decision
from regulars.know.customers.actions import erase, export, merge, note_returned
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db
MM = 72 / 25.4


def read(body: bytes, tmp_path: Path, *options: str) -> str:
    """The text of a PDF as pdftotext of poppler reads it."""
    place = tmp_path / "letters.pdf"
    place.write_bytes(body)
    call = ["pdftotext", *options, str(place), "-"]
    return subprocess.run(call, capture_output=True, check=True, encoding="utf-8").stdout


def words(body: bytes, tmp_path: Path) -> list[list[tuple[str, float, float, float, float]]]:
    """Page by page: each word with left, top, right and bottom in millimetres."""
    tree = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", read(body, tmp_path, "-bbox")))
    name = "{http://www.w3.org/1999/xhtml}"
    return [
        [
            (str(one.text), *(float(one.attrib[side]) / MM for side in ("xMin", "yMin", "xMax", "yMax")))
            for one in page.iter(f"{name}word")
        ]
        for page in tree.iter(f"{name}page")
    ]


def test_the_letter_says_its_words_and_the_address_lies_in_the_window(
    shop: Any, now: Any, rosa: Any, nico: Any, letter: Any, lives: Any, anna: Any, tmp_path: Path
) -> None:
    change_paper(shop, now, None, return_line="", closing="Herzliche Grüße", signer="Paula Platte", footer="")
    lives(rosa)
    lives(
        nico, recipient="Zażółć gęślą jaźń Sp. z o.o.", street="ul. Świętokrzyska 12\nm. 3", postal_code="00-001",
        city="Łódź", country="PL",
    )  # fmt: skip
    letter(rosa, nico, subject="Ein Brief für {{ customer.first_name }}")
    batch = take_batch(shop, now, anna)
    body = pdf_of(batch, now)
    first, second = read(body, tmp_path, "-layout").split("\f")[:2]
    for said in (
        "Ein Brief für Rosa", "Guten Tag Rosa Rot,", "schön, dass es Sie gibt.", "Herzliche Grüße", "Paula Platte",
        "10. Juni 2026", "Plattenkiste GmbH · Rillenweg 33 · 12345 Berlin", "Rosa Rot", "post@plattenkiste.example",
        "Sie möchten keine solchen Briefe?",
    ):  # fmt: skip
        assert said in first
    assert "Guten Tag Nico Neu," in second
    left, top, width, height = FIELD
    wanted = ("Nico", "Zażółć", "gęślą", "jaźń", "Świętokrzyska", "m.", "00-001", "ŁÓDŹ", "POLEN", "Plattenkiste")
    there = {
        word: (x, y, right, bottom)
        for word, x, y, right, bottom in words(body, tmp_path)[1]
        if x >= left and right <= left + width and y >= top and bottom <= top + height
    }
    assert set(wanted) <= set(there), "every word of the address lies in the window"
    texts = [word for word, x, y, _right, bottom in words(body, tmp_path)[1] if bottom > top + height and y < 98]
    assert [word for word in texts if word in wanted] == [], "and nothing of it below"
    begins = min(y for word, _x, y, _r, _b in words(body, tmp_path)[1] if word in ("Ein", "Brief"))
    assert 98 <= begins <= 102, "the subject stands where form B begins the text"


def test_a_long_letter_goes_on_and_the_next_begins_anew(
    shop: Any, now: Any, rosa: Any, nico: Any, letter: Any, lives: Any, anna: Any, tmp_path: Path
) -> None:
    lives(rosa)
    lives(nico)
    letter(rosa, nico, text="\n\n".join(f"Absatz {number}: " + "Wort " * 60 for number in range(12)))
    pages = read(pdf_of(take_batch(shop, now, anna), now), tmp_path).split("\f")[:-1]
    assert len(pages) == 4
    assert ["Seite 2" in page for page in pages] == [False, True, False, True]
    assert "Absatz 11" in pages[1]
    assert all("Plattenkiste GmbH, Rillenweg 33, 12345 Berlin" in page for page in pages), "the notice is on each page"


def test_printed_they_are_contacts_and_the_others_wait_again(
    shop: Any, now: Any, rosa: Any, nico: Any, letter: Any, lives: Any, anna: Any
) -> None:
    lives(rosa)
    lives(nico)
    letter(rosa, nico)
    batch = take_batch(shop, now, anna)
    with pytest.raises(Refused) as refused:
        take_batch(shop, now, anna)
    assert refused.value.code == "nothing", "they are in somebody's hands"
    good, torn = PrintedLetter._base_manager.order_by("pk")
    later = now + timedelta(days=1)
    batch = settle_batch(batch, {good.pk}, later, anna)
    assert (batch.letters, batch.printed, batch.settled_at) == (2, 1, later)
    assert Contact._base_manager.get().customer_id == good.message.customer_id
    assert Delivery.objects.get(kind="accepted").data["batch"] == batch.pk
    assert Message._base_manager.get(pk=good.message_id).address == "Rosa Rot, Rillenweg 33, 12345 Berlin"
    assert settle_batch(batch, {good.pk, torn.pk}, later, anna).printed == 1, "told again it changes nothing"
    with pytest.raises(Refused) as refused:
        pdf_of(batch, later)
    assert refused.value.code == "settled"
    again = take_batch(shop, later, anna)
    assert [row.message_id for row in PrintedLetter._base_manager.filter(batch=again)] == [torn.message_id]


def test_without_a_complete_address_there_is_a_decision_and_no_letter(
    shop: Any, now: Any, rosa: Any, nico: Any, lena: Any, letter: Any, lives: Any, anna: Any
) -> None:
    lives(rosa, postal_code="")
    lives(lena)
    note_returned(shop, [lena.pk], now)
    letter(rosa, nico, lena)
    assert dict(Decision._base_manager.values_list("customer_id", "reason")) == dict.fromkeys(
        [rosa.pk, nico.pk, lena.pk], "no_address"
    )
    assert not Message._base_manager.exists()


def test_who_objected_or_is_frozen_meanwhile_is_left_out(
    shop: Any, now: Any, rosa: Any, nico: Any, lena: Any, otto: Any, letter: Any, lives: Any, anna: Any
) -> None:
    for one in (rosa, nico, lena, otto):
        lives(one)
    letter(rosa, nico, lena, otto)
    assert Message._base_manager.get(customer=otto).status == "cancelled", "who objected gets no letter either"
    object_to_advertising(shop, [rosa.pk], now, "reply")
    freeze(shop, [nico.pk], "complaint", "case:1", now)
    batch = take_batch(shop, now, anna)
    assert [row.message.customer_id for row in PrintedLetter._base_manager.filter(batch=batch)] == [lena.pk]


def test_what_cannot_be_printed_or_delivered_any_more_is_given_up_with_its_reason(
    shop: Any, now: Any, rosa: Any, nico: Any, lena: Any, letter: Any, lives: Any, anna: Any
) -> None:
    for one in (rosa, nico, lena):
        lives(one)
    letter(rosa, nico, lena)
    rosa.postal_address.delete()
    Message._base_manager.filter(customer=nico).update(
        values={"customer.first_name": "Никита", "customer.last_name": "Neu"}
    )
    batch = take_batch(shop, now, anna)
    assert batch.letters == 1
    assert Message._base_manager.get(customer=rosa).reason == "Es ist keine vollständige Postanschrift mehr bekannt."
    assert Message._base_manager.get(customer=nico).reason.startswith("Diese Zeichen lassen sich nicht drucken: Н")
    assert Decision._base_manager.filter(reason="declined").count() == 2


def test_merged_exported_erased(
    shop: Any, now: Any, rosa: Any, lena: Any, nico: Any, letter: Any, lives: Any, anna: Any, tmp_path: Path
) -> None:
    for one in (lena, nico):
        lives(one)
    letter(lena, nico)
    batch = take_batch(shop, now, anna)
    merge(shop, lena.pk, rosa.pk, now)
    with override("de"):
        exported = export(shop, rosa.pk)
    assert exported["Postanschrift"][0]["street"] == "Rillenweg 33", "taken over by the surviving one"
    erase(shop, [nico.pk], now)
    seen = read(pdf_of(batch, now), tmp_path)
    assert "Nico" not in seen, "who is erased is not printed"
    assert "Rosa Rot" in seen
    settle_batch(batch, {row.pk for row in PrintedLetter._base_manager.all()}, now, anna)
    with override("de"):
        exported = export(shop, rosa.pk)
    assert "Berlin" in exported["Briefe"][0]["message__address"]


def test_a_batch_takes_as_many_queries_with_much_as_with_little(
    shop: Any, now: Any, make_customer: Any, letter: Any, lives: Any, anna: Any
) -> None:
    people = [make_customer(f"C{number}") for number in range(24)]
    counts = []
    for some in (people[:2], people[2:]):
        for one in some:
            lives(one)
        letter(*some)
        with CaptureQueriesContext(connection) as queries:
            batch = take_batch(shop, now, anna)
            pdf_of(batch, now)
            settle_batch(batch, {row.pk for row in PrintedLetter._base_manager.filter(batch=batch)}, now, anna)
        counts.append(len(queries))
    assert LetterBatch._base_manager.count() == 2
    assert counts[1] <= counts[0] + 1, counts


def test_the_typeface_has_the_letters_of_european_languages() -> None:
    every = "ÄÖÜäöüßẞ ĄĆĘŁŃÓŚŹŻąćęłńóśźż ČĎĚŇŘŠŤŮŽ ŐŰőű ĂÂÎȘȚ ĞİŞğış ÅÆØåæø ÇÉÈÊËÎÏÔÙ ÑñÁÍÓÚ ĀĒĢĪĶĻŅŪ ĖĮŲ €„“–’…"
    assert unprintable(every) == []
    assert unprintable("Rosa 🎁 Москва") == ["🎁", "М", "о", "с", "к", "в", "а"]
