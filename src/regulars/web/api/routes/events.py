"""Events in. The server answers them before Django (`web.api.intake`); this is the same through Django's door."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from regulars.know.intake.rows import MAX_BYTES, EventIn
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, FaultOut, described
from regulars.web.api.intake import SCOPE, take_events
from regulars.web.api.problems import ProblemOut

router = Router(tags=["events"])
EXAMPLE = {
    "id": "view-81723",
    "type": "product.viewed",
    "at": "2026-06-10T07:38:12Z",
    "customer": {"number": "C-1001", "device": "d-5f2e"},
    "data": {"product": "LP-7"},
}


class ReceiptOut(Schema):
    """What was taken: it is on disk, and becomes part of the timelines within seconds."""

    id: int = Field(description="Names the call in the list of what came in.")
    accepted: int
    rejected: int
    errors: list[FaultOut]


@router.post(
    "/events",
    response={202: ReceiptOut, **BODY_ERRORS, 503: ProblemOut},
    summary="Send events",
    openapi_extra=described(EventIn, EXAMPLE),
)
@needs(SCOPE)
def send(request: HttpRequest) -> Any:
    """One event or up to 1000, of any type with a dot in its name that Regulars does not write itself.

    An event with an `id`, or with an `at`, is written once however often it comes. `customer` names somebody by `number`,
    `email` or `phone`, who becomes a customer where not known, or by a `device`, which is then that customer's; an event
    of a device that is nobody's yet is kept without a customer."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    said = take_events(
        request.headers.get("Authorization", ""),
        request.headers.get("Idempotency-Key"),
        request.content_type or "",
        length,
        b"" if length > MAX_BYTES else request.body,
    )
    return HttpResponse(said.body, status=said.status, content_type=said.kind, headers=dict(said.headers))
