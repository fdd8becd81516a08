"""Vouchers: look one up, redeem it."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Header, Path, Router, Schema
from pydantic import StringConstraints

from regulars.core import clock
from regulars.reward.offers import actions
from regulars.reward.offers.models import Voucher
from regulars.web.api.auth import needs
from regulars.web.api.problems import ERRORS, Problem

router = Router(tags=["vouchers"])

Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f/]+$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[\x20-\x7e]+$")]


class RedeemIn(Schema):
    """What is known of the order."""

    order: str = Field("", max_length=64, pattern=r"^[^\x00]*$", description="The order's number in the shop.")
    order_value: int | None = Field(None, ge=0, lt=10**15, description="Merchandise before this voucher, minor units.")


class RedeemOut(Schema):
    """What the voucher is worth. `discount` is null where it depends on an order value that was not told."""

    code: str
    kind: str
    percent: int | None
    amount: int | None
    gift: str
    discount: int | None
    currency: str
    uses_left: int
    redeemed_at: str


class VoucherOut(Schema):
    """A voucher as it stands."""

    code: str
    offer: str
    kind: str
    percent: int | None
    amount: int | None
    valid_from: str
    valid_until: str
    minimum_value: int
    uses_left: int
    state: str


@router.get("/vouchers/{code}", response={200: VoucherOut, **ERRORS}, summary="Look a voucher up")
@needs("vouchers:read")
def show(request: HttpRequest, code: Path[Code]) -> Any:
    """Says what a code is worth and whether it can be redeemed now."""
    voucher = Voucher.objects.select_related("offer").filter(code=actions.tidy_code(code)).first()
    if voucher is None:
        raise Problem(404, "unknown_voucher", f"there is no voucher {code}")
    return {
        "code": voucher.code,
        "offer": voucher.offer.key,
        "kind": voucher.offer.kind,
        "percent": voucher.offer.percent,
        "amount": voucher.offer.amount,
        "valid_from": voucher.valid_from.isoformat(),
        "valid_until": voucher.valid_until.isoformat(),
        "minimum_value": voucher.minimum_value,
        "uses_left": voucher.max_uses - voucher.uses,
        "state": voucher.state(clock.now()),
    }


@router.post("/vouchers/{code}/redeem", response={200: RedeemOut, **ERRORS}, summary="Redeem a voucher")
@needs("vouchers:redeem")
def redeem(
    request: HttpRequest,
    code: Path[Code],
    body: RedeemIn,
    idempotency_key: Annotated[Key, Header(alias="Idempotency-Key")],
) -> Any:
    """Takes one use, all or nothing. The same Idempotency-Key again gives the first answer and takes nothing."""
    return actions.redeem(
        request.shop,  # type: ignore[attr-defined]
        code,
        idempotency_key=idempotency_key,
        now=clock.now(),
        order_number=body.order,
        order_value=body.order_value,
    )
