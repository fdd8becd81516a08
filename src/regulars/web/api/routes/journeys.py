"""Journeys: let customers enter one whose trigger is a call."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Header, Path, Router, Schema
from pydantic import StringConstraints

from regulars.core import clock
from regulars.journeys import actions
from regulars.web.api.auth import needs
from regulars.web.api.problems import ERRORS

router = Router(tags=["journeys"])

Slug = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[\x20-\x7e]+$")]


class EnrolIn(Schema):
    """Whom to let in."""

    customers: list[Number] = Field(..., min_length=1, max_length=1000, description="Customer numbers of the shop.")


class EnrolOut(Schema):
    """What became of them; each customer is counted once."""

    entered: int = Field(..., description="Let in, those in the holdout included.")
    refused: int = Field(..., description="Not let in: no consent, objected, no address …")
    passed_over: int = Field(..., description="In already, or too soon by the journey's re-entry rule.")
    unknown: list[str] = Field(..., description="Numbers that no customer has.")


@router.post("/journeys/{key}/enrol", response={200: EnrolOut, **ERRORS}, summary="Let customers enter a journey")
@needs("journeys:enrol")
def enrol(
    request: HttpRequest,
    key: Path[Slug],
    body: EnrolIn,
    idempotency_key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Any:
    """For journeys with the trigger `api`. The same Idempotency-Key again lets nobody in twice. Who is in the holdout is not
    told."""
    enrolled, unknown = actions.enrol_called(
        request.shop,  # type: ignore[attr-defined]
        key,
        body.customers,
        idempotency_key,
        clock.now(),
    )
    return {
        "entered": enrolled.treated + enrolled.holdout,
        "refused": enrolled.refused,
        "passed_over": enrolled.passed_over,
        "unknown": unknown,
    }
