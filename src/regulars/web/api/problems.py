"""Errors as problem+json (RFC 9457)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from regulars.core.errors import Refused


class ProblemOut(Schema):
    """An error: `type` is stable and for programs, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None


class Problem(Exception):
    """Answers the call with this problem."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail


TITLES = {
    400: "Bad request",
    401: "Key needed",
    403: "Not allowed",
    404: "Not found",
    409: "Refused",
    413: "Too large",
    415: "Not JSON",
    422: "Not valid",
    503: "Try again",
}

ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 422), ProblemOut)
"""For `response=` of every operation, so that the documentation names each answer."""


def problem(status: int, kind: str, detail: str, errors: list[dict[str, Any]] | None = None) -> HttpResponse:
    body: dict[str, Any] = {
        "type": f"urn:regulars:{kind}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    return JsonResponse(body, status=status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    """Every error of the interface leaves as a problem."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return problem(error.status, error.kind, error.detail)

    @api.exception_handler(Refused)
    def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return problem(409, error.code, str(error))

    @api.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        answer = problem(401, "key_needed", "send Authorization: Bearer <key>; keys are made on the settings page")
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        places = [
            {"place": ".".join(str(part) for part in one.get("loc", ())), "detail": one.get("msg", "")}
            for one in error.errors
        ]
        return problem(422, "not_valid", "the call does not fit its description", places)

    @api.exception_handler(HttpError)
    def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, "bad_request", str(error))
