"""The pages that belong to no shop: start, account, switches, login and its ways round, errors."""

import re
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_stays_here(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("address", "texts"),
    [
        ("account_login", {"de": "Willkommen zurück", "en": "Welcome back"}),
        ("account_request_login_code", {"de": "Anmeldecode", "en": "sign-in code"}),
        ("account_reset_password", {"de": "Passwort", "en": "Password"}),
    ],
)
def test_entrance_pages_speak_both_languages(client: Any, language: str, address: str, texts: dict[str, str]) -> None:
    page = client.get(reverse(address), headers={"accept-language": language})

    assert page.status_code == 200
    text = page.content.decode()
    assert f'<html lang="{language}"' in text
    assert texts[language] in text
    assert 'class="entrance"' in text


@pytest.mark.parametrize("address", ["account", "mfa_index", "account_change_password", "style", "home"])
def test_pages_of_a_person_open_for_an_owner_and_not_without_login(client: Any, make_staff: Any, address: str) -> None:
    assert client.get(reverse(address)).status_code == 302

    client.force_login(make_staff("owner"))
    answer = client.get(reverse(address), follow=True)
    assert answer.status_code == 200
    assert "Plattenkiste" in answer.content.decode()


def test_the_style_page_is_for_owners(client: Any, make_staff: Any, settings: Any) -> None:
    settings.DEBUG = False
    client.force_login(make_staff("analyst"))

    assert client.get("/style/").status_code == 404


def test_nobody_signs_up(client: Any) -> None:
    from regulars.core.models import Staff

    client.post("/accounts/signup/", {"email": "me@example.com", "password1": "a good long word"})

    assert not Staff.objects.filter(email="me@example.com").exists()


def test_a_login_leads_to_a_page_of_ours_only(client: Any, make_staff: Any) -> None:
    make_staff("owner", "owner@example.com")
    form = {"login": "owner@example.com", "password": "a good long word"}

    out = client.post("/accounts/login/?next=https://evil.example/", {**form, "next": "https://evil.example/"})

    assert (out.status_code, out["Location"]) == (302, "/")


def test_a_mailed_code_lets_in(client: Any, make_staff: Any) -> None:
    make_staff("owner", "owner@example.com")

    client.post("/accounts/login/code/", {"email": "owner@example.com"})
    code = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail.outbox[0].body, re.MULTILINE)
    assert code is not None, mail.outbox[0].body
    answer = client.post("/accounts/login/code/confirm/", {"code": code[1]})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200


def test_strangers_are_not_written_to(client: Any) -> None:
    client.post("/accounts/login/code/", {"email": "nobody@example.com"})
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert mail.outbox == []


@pytest.mark.parametrize(
    ("address", "choice", "cookie"),
    [
        ("/theme/", {"theme": "dark"}, ("regulars_theme", "dark")),
        ("/language/", {"language": "en"}, ("django_language", "en")),
    ],
)
def test_a_switch_is_kept_in_a_cookie_and_leads_back(
    client: Any, address: str, choice: dict[str, str], cookie: tuple[str, str]
) -> None:
    answer = client.post(address, {**choice, "next": "/accounts/login/"})

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert answer.cookies[cookie[0]].value == cookie[1]
    assert client.post(address, {**choice, "next": "https://evil.example/"})["Location"] == "/"
    assert client.post(address, {**choice, "next": "//evil.example/"})["Location"] == "/"
    assert client.get(address).status_code == 405


def test_nonsense_in_a_switch_changes_nothing(client: Any) -> None:
    assert "django_language" not in client.post("/language/", {"language": "xx"}).cookies
    client.cookies["regulars_theme"] = '"><script>'
    page = client.get("/accounts/login/").content.decode()
    assert "data-theme" not in page
    assert "<script>" not in page


def test_a_dark_page_is_dark_from_its_first_byte(client: Any) -> None:
    client.post("/theme/", {"theme": "dark"})

    assert (
        '<html lang="de" data-theme="regulars-dark">'
        in client.get("/accounts/login/", headers={"accept-language": "de"}).content.decode()
    )


def test_who_has_no_shop_is_told_what_to_do(client: Any, make_staff: Any) -> None:
    client.force_login(make_staff(None, "new@example.com"))

    page = client.get("/", headers={"accept-language": "en"})

    assert page.status_code == 200
    assert "Ask its owner to add you" in page.content.decode()
    assert "/shops/new/" not in page.content.decode()


def test_the_switcher_does_not_enter_a_foreign_shop(client: Any, make_staff: Any) -> None:
    client.force_login(make_staff(None, "new@example.com"))

    assert client.get("/enter/plattenkiste/").status_code == 404


def test_health_is_told_without_login(client: Any) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_the_policy_forbids_foreign_hosts_and_inline_code(client: Any) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]

    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "http:" not in policy
    assert "default-src 'self'" in policy
