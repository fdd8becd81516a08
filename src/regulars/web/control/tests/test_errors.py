"""Errors in our own look, in both languages, with and without records that answer."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils.translation import override

from regulars.web.control import errors

SESSION = {"HTTP_COOKIE": f"sessionid={'a' * 32}"}
START = 'href="/"'


def shown(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("status", "name", "texts"),
    [
        (400, "", {"de": "Diese Anfrage war nicht lesbar", "en": "This request could not be read"}),
        (403, "", {"de": "Ihre Rolle umfasst", "en": "Your role does not"}),
        (403, "403_csrf", {"de": "Bitte senden Sie das noch einmal", "en": "Please send that once more"}),
        (404, "", {"de": "Diese Seite gibt es nicht", "en": "There is no such page"}),
        (405, "", {"de": "Das ist nicht geschehen", "en": "That was not done"}),
        (500, "", {"de": "Das ging schief", "en": "That went wrong"}),
        (503, "", {"de": "Das geht gerade nicht", "en": "Just now this does not work"}),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_error_speaks_both_languages_and_asks_no_record(
    rf: Any, status: int, name: str, texts: dict[str, str], language: str
) -> None:
    with override(language):  # without the mark django_db every query fails
        code, text = shown(errors.error_page(rf.get("/s/plattenkiste/", **SESSION), status, name))

    assert code == status
    assert f'<html lang="{language}"' in text
    assert texts[language] in text
    assert START in text
    assert f">{status}</p>" in text


def test_staff_see_the_whole_page_when_there_are_no_records_at_all() -> None:
    """Without the mark django_db every query fails, beginning with that for the session."""
    page = Client(raise_request_exception=False).get("/account/", headers={"accept-language": "en"}, **SESSION)

    code, text = shown(page)
    assert (code, "That went wrong" in text, START in text) == (500, True, True)
    assert 'href="/account/"' in text  # to try again


@pytest.mark.django_db
def test_records_that_do_not_answer_are_a_503_that_says_when_to_ask_again(tmp_path: Path, make_staff: Any) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_staff("owner"))

    def held(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("locked") from error_of_a_held_file(tmp_path / "held.sqlite3")

    with connection.execute_wrapper(held):
        page = client.get("/account/", headers={"accept-language": "en"})

    code, text = shown(page)
    assert (code, page["Retry-After"]) == (503, "5")
    assert "Just now this does not work" in text
    assert 'href="/account/"' in text
    assert client.get("/account/").status_code == 200


def error_of_a_held_file(path: Path) -> sqlite3.OperationalError:
    """What SQLite says of a file that another connection writes to."""
    holder, other = sqlite3.connect(path), sqlite3.connect(path, timeout=0)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as found:
            other.execute("BEGIN EXCLUSIVE")
        return found.value
    finally:
        holder.close()
        other.close()


def test_a_question_that_was_wrong_is_our_fault() -> None:
    with pytest.raises(sqlite3.OperationalError) as found:
        sqlite3.connect(":memory:").execute("SELECT 1 FROM missing")
    wrong = OperationalError("no such table")
    wrong.__cause__ = found.value

    assert not errors.is_passing(wrong)
    assert errors.is_passing(OperationalError("connection refused"))
    assert errors.is_passing(InterfaceError("connection already closed"))
    assert not errors.is_passing(ValueError())
    assert not errors.is_passing(None)


def test_a_customer_is_not_led_to_the_staffs_login(rf: Any) -> None:
    for status in (400, 404, 500, 503):
        page = errors.error_page(rf.get("/p/mistyped"), status)
        assert START not in page.content.decode()


def test_a_form_is_not_sent_again_by_a_link(rf: Any) -> None:
    page = errors.error_page(rf.post("/s/plattenkiste/campaigns/x/do/start/"), 500)

    assert "campaigns/x/do/start" not in page.content.decode()


@pytest.mark.django_db
def test_a_strange_address_is_a_404_in_our_look(client: Any) -> None:
    code, text = shown(client.get("/no/such/page", headers={"accept-language": "en"}))

    assert (code, "There is no such page" in text) == (404, True)


def test_a_lost_token_says_that_nothing_was_saved() -> None:
    page = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"}, headers={"accept-language": "en"})

    code, text = shown(page)
    assert (code, "Nothing was saved" in text) == (403, True)
    assert "regulars_theme" not in page.cookies


@pytest.mark.django_db
def test_who_had_to_sign_in_before_a_form_is_told_to_send_it_again(client: Any, make_staff: Any) -> None:
    client.force_login(make_staff("owner"))

    code, text = shown(client.get("/s/plattenkiste/journeys/new/", headers={"accept-language": "en"}))
    assert code == 200  # a page that also takes a form is still a page
    code, text = shown(client.get("/s/plattenkiste/campaigns/x/delete/", headers={"accept-language": "en"}))
    assert (code, "That was not done" in text) == (405, True)


def test_an_error_page_that_breaks_itself_still_says_its_number(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(errors, "render_to_string", broken)

    code, text = shown(errors.server_error(rf.get("/")))
    assert (code, "<h1>500</h1>" in text) == (500, True)
