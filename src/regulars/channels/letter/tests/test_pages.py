"""The pages of letters: who may open them, and the way from waiting to printed."""

from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from regulars.channels.letter.actions import take_batch
from regulars.channels.letter.models import LetterBatch, LetterPaper, PrintedLetter
from regulars.core.roles import Role
from regulars.decide.contact_policy.models import Contact
from regulars.know.customers.models import PostalAddress

pytestmark = pytest.mark.django_db


def url(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


@pytest.mark.parametrize("role", Role.values)
def test_each_role_at_each_page(
    role: str, shop: Any, now: datetime, rosa: Any, letter: Any, lives: Any, anna: Any, signed_in: Any
) -> None:
    lives(rosa)
    letter(rosa)
    batch = take_batch(shop, now, anna)
    client = signed_in(role)
    prints, rules, edits = role in ("owner", "marketer", "service"), role == "owner", role in ("owner", "service")
    for name, args in (("letters", ()), ("letter-batch", (batch.pk,)), ("letter-print", (batch.pk,))):
        assert client.get(url(shop, name, *args)).status_code == (200 if prints else 403)
    assert client.post(url(shop, "letters-take")).status_code == (302 if prints else 403)
    assert client.post(url(shop, "letter-came-back", batch.pk), {"letter": "1"}).status_code == (404 if prints else 403)
    assert client.get(url(shop, "settings-letters")).status_code == (200 if rules else 403)
    assert client.get(url(shop, "customer-postal", rosa.pk)).status_code == (200 if edits else 403)
    assert client.post(url(shop, "letter-batch", batch.pk), {"none": "1"}).status_code == (302 if prints else 403)


def test_from_waiting_to_printed_and_one_comes_back(
    shop: Any, now: datetime, rosa: Any, nico: Any, letter: Any, lives: Any, signed_in: Any
) -> None:
    client = signed_in("service")
    assert "Nichts wartet" in client.get(url(shop, "letters")).content.decode()
    assert "Kein Brief wartet" in client.post(url(shop, "letters-take"), follow=True).content.decode()
    lives(rosa)
    lives(nico)
    letter(rosa, nico)
    assert "2 Briefe nehmen" in client.get(url(shop, "letters")).content.decode()
    seen = client.post(url(shop, "letters-take"), follow=True).content.decode()
    assert "Rosa Rot, Rillenweg 33, 12345 Berlin" in seen
    batch = LetterBatch._base_manager.get()
    printed = client.get(url(shop, "letter-print", batch.pk))
    assert (printed["Content-Type"], printed["Cache-Control"]) == ("application/pdf", "no-store")
    assert printed.content.startswith(b"%PDF-")
    first, _second = PrintedLetter._base_manager.order_by("pk")
    seen = client.post(
        url(shop, "letter-batch", batch.pk), {"printed": [str(first.pk), "x"]}, follow=True
    ).content.decode()
    assert "1 Brief ist gedruckt." in seen
    assert "nicht gedruckt" in seen
    assert Contact._base_manager.count() == 1
    assert client.get(url(shop, "letter-print", batch.pk)).status_code == 302, "nothing is printed twice"
    client.post(url(shop, "letter-came-back", batch.pk), {"letter": str(first.pk)})
    assert PostalAddress._base_manager.get(customer=first.message.customer_id).returned_at == now
    seen = client.get(url(shop, "customer", first.message.customer_id)).content.decode()
    assert "Post kam zurück" in seen


def test_the_paper_is_set_and_what_does_not_fit_is_said_at_its_field(shop: Any, signed_in: Any) -> None:
    client = signed_in()
    for bad in ({"closing": "Bis bald 🎁"}, {"footer": "1\n2\n3\n4\n5"}, {"signer": "x" * 81}):
        answered = client.post(url(shop, "settings-letters"), bad)
        assert answered.status_code == 422
        assert "field-error" in answered.content.decode()
    assert not LetterPaper._base_manager.exists()
    client.post(url(shop, "settings-letters"), {"closing": "Herzliche Grüße", "footer": " eins \n\n zwei"})
    row = LetterPaper._base_manager.get()
    assert (row.closing, row.footer, row.return_line) == ("Herzliche Grüße", "eins\nzwei", "")


def test_a_postal_address_is_written_changed_and_taken_away(shop: Any, rosa: Any, signed_in: Any) -> None:
    client, place = signed_in("service"), url(shop, "customer-postal", rosa.pk)
    said = {"street": " Rillenweg  33 ", "postal_code": "12345", "city": "Berlin", "country": "DE"}
    assert client.post(place, {**said, "street": ""}).status_code == 422
    assert client.post(place, {**said, "country": "XX"}).status_code == 422
    assert client.post(place, said).status_code == 302
    row = PostalAddress._base_manager.get()
    assert (row.street, row.customer_id) == ("Rillenweg 33", rosa.pk)
    assert "Rillenweg 33" in client.get(url(shop, "customer", rosa.pk)).content.decode()
    client.post(place, {**said, "city": "Köln"})
    assert PostalAddress._base_manager.get().city == "Köln"
    client.post(place, {"remove": "1"})
    assert not PostalAddress._base_manager.exists()
