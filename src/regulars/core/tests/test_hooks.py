"""Addresses that other programs call: no cookie, no login, and nothing of the address in the log."""

from typing import Any

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from regulars.core.hooks import HOOKS, hook


@pytest.fixture
def declared() -> Any:
    """`declared(view)`: the view as it would be mounted."""

    def make(view: Any) -> Any:
        hook("trial/<str:secret>/", name="trial")(view)
        return HOOKS["trial"].view

    yield make
    HOOKS.pop("trial", None)


@pytest.mark.parametrize(
    ("error", "status"),
    [(Http404(), 404), (SuspiciousOperation("forged"), 400), (RuntimeError("the disk is full"), 500)],
)
def test_an_error_is_answered_and_its_address_not_logged(
    error: Exception, status: int, declared: Any, caplog: Any
) -> None:
    def view(request: HttpRequest, secret: str) -> HttpResponse:
        raise error

    answer = declared(view)(RequestFactory().post("/hooks/trial/s3cr3t/"), secret="s3cr3t")
    assert (answer.status_code, answer.content) == (status, b"")
    assert ("the disk is full" in caplog.text) == (status == 500)
    assert "s3cr3t" not in caplog.text


def test_no_cookie_is_asked_for_and_nothing_is_kept(declared: Any) -> None:
    view = declared(lambda request, secret: HttpResponse("taken"))
    answer = view(RequestFactory().post("/hooks/trial/s3cr3t/"), secret="s3cr3t")
    assert answer.content == b"taken"
    assert "no-store" in answer["Cache-Control"]
    assert view.csrf_exempt is True
