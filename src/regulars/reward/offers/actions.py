"""Verbs of offers: save an offer, issue vouchers, redeem and cancel them."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.scoping import scope
from regulars.know.timeline.actions import Fact, record

from .event_types import VOUCHER_CANCELLED, VOUCHER_ISSUED, VOUCHER_REDEEMED
from .models import Offer, Voucher, VoucherRedemption

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people mix up when they read a code aloud."""
CODE_LENGTH = 10
"""32^10, about 1.1e15 codes: guessing one of a million live codes takes a billion tries."""


@transaction.atomic
def save_offer(shop: Shop, key: str, *, now: datetime, staff: Staff | None = None, **fields: Any) -> Offer:
    """Makes or changes an offer. Vouchers already issued keep their conditions. Raises Refused naming the field."""
    offer = Offer._base_manager.filter(shop=shop, key=key).first() or Offer(shop=shop, key=key, created_at=now)
    for name, value in fields.items():
        setattr(offer, name, value)
    problems = {}
    try:
        with scope(shop=shop):
            offer.full_clean()
    except ValidationError as error:
        problems = {name: " ".join(words) for name, words in error.message_dict.items()}
    if offer.kind == Offer.Kind.PERCENT and not (offer.percent and 0 < offer.percent <= 100):
        problems["percent"] = _("a percentage between 1 and 100 is needed")
    if offer.kind == Offer.Kind.AMOUNT and not (offer.amount and offer.amount > 0):
        problems["amount"] = _("an amount above 0 is needed")
    if problems:
        told = "; ".join(f"{name}: {text}" for name, text in problems.items())
        raise Refused(_("The offer cannot be saved: %(problems)s") % {"problems": told}, code="not_valid")
    offer.save()
    audit("offer.saved", now=now, shop=shop, staff=staff, target=offer)
    return offer


def new_code() -> str:
    """A random voucher code, such as `K7QF-2MXPAB`, from the operating system's source of randomness."""
    text = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    return f"{text[:4]}-{text[4:]}"


def tidy_code(text: str) -> str:
    """A code as people type it (lower case, blanks, no dash) as it is stored. Codes of other shapes only gain capitals."""
    bare = "".join(text.upper().split()).replace("-", "")
    if len(bare) == CODE_LENGTH and set(bare) <= set(ALPHABET):
        return f"{bare[:4]}-{bare[4:]}"
    return text.strip().upper()


@transaction.atomic
def issue(
    shop: Shop,
    offer: Offer,
    recipients: Sequence[tuple[int, str]],
    *,
    now: datetime,
    measure_id: int | None = None,
    staff: Staff | None = None,
) -> dict[int, Voucher]:
    """Issues one voucher to each `(customer_id, issue_key)` and returns them by customer.

    Exactly once a key: a repeated call returns the vouchers of the first. A constant number of queries.
    """
    keys = {key for _customer, key in recipients}
    there = {v.issue_key for v in Voucher._base_manager.filter(shop=shop, issue_key__in=keys).only("issue_key")}
    fresh = [
        _voucher(shop, offer, now, customer_id=customer_id, issue_key=key, measure_id=measure_id)
        for customer_id, key in recipients
        if key not in there
    ]
    Voucher._base_manager.bulk_create(fresh, batch_size=2000, ignore_conflicts=True)
    mine = {v.issue_key: v for v in Voucher._base_manager.filter(shop=shop, issue_key__in=keys)}
    written = [mine[v.issue_key] for v in fresh if v.issue_key in mine and mine[v.issue_key].code == v.code]
    record(shop, [_issued(voucher, offer) for voucher in written], now=now, source="offers")
    if len(mine) < len(keys):
        # Two random codes were alike (one in 1e15): the unlucky one is drawn again.
        missing = [(customer_id, key) for customer_id, key in recipients if key not in mine]
        issue(shop, offer, missing, now=now, measure_id=measure_id, staff=staff)
        mine |= {v.issue_key: v for v in Voucher._base_manager.filter(shop=shop, issue_key__in=keys - set(mine))}
    return {customer_id: mine[key] for customer_id, key in recipients}


@transaction.atomic
def issue_public(
    shop: Shop, offer: Offer, *, now: datetime, code: str = "", max_uses: int | None = None, staff: Staff | None = None
) -> Voucher:
    """Issues one voucher that belongs to nobody, with a code of one's own choice or a random one."""
    voucher = _voucher(shop, offer, now)
    voucher.code = tidy_code(code) or voucher.code
    voucher.max_uses = max_uses or offer.max_uses
    if len(voucher.code) > 40 or (code and len(voucher.code) < 4):
        raise Refused(_("A code has 4 to 40 characters."), code="code_length")
    try:
        with transaction.atomic():
            voucher.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(
            _("The code %(code)s is taken: choose another.") % {"code": voucher.code}, code="code_taken"
        ) from error
    audit("voucher.issued", now=now, shop=shop, staff=staff, target=voucher, code=voucher.code)
    return voucher


def _voucher(shop: Shop, offer: Offer, now: datetime, **fields: Any) -> Voucher:
    return Voucher(
        shop=shop,
        offer=offer,
        code=new_code(),
        issued_at=now,
        valid_from=now,
        valid_until=now + timedelta(days=offer.valid_days),
        minimum_value=offer.minimum_value,
        max_uses=offer.max_uses,
        **fields,
    )


def _issued(voucher: Voucher, offer: Offer) -> Fact:
    return Fact(
        type=VOUCHER_ISSUED,
        at=voucher.issued_at,
        customer_id=voucher.customer_id,
        data={"code": voucher.code, "offer": offer.key, "valid_until": voucher.valid_until.isoformat()},
        source_key=f"voucher:{voucher.pk}",
    )


def redeem(
    shop: Shop,
    code: str,
    *,
    idempotency_key: str,
    now: datetime,
    order_number: str = "",
    order_value: int | None = None,
) -> dict[str, Any]:
    """Redeems a voucher once for each idempotency key, and says what it is worth.

    order_value: merchandise in minor units; needed where the voucher has a minimum value or a percentage is to be told.
    Returns `{"code","kind","percent","amount","gift","discount","currency","uses_left","redeemed_at"}`; a repeated call
    returns the first answer. Raises Refused with the reason: unknown, cancelled, not valid yet, expired, used up, below
    the minimum, or the key was used for another code.
    """
    code = tidy_code(code)
    if not idempotency_key or len(idempotency_key) > 120:
        raise Refused(_("A key of 1 to 120 characters is needed, such as the order’s number."), code="key_needed")
    before = _earlier(shop, code, idempotency_key)
    if before is not None:
        return before
    try:
        with transaction.atomic():
            return _redeem(shop, code, idempotency_key, now, order_number, order_value)
    except IntegrityError:
        # The same key came twice at the same instant: the other call won, and its answer is ours.
        won = _earlier(shop, code, idempotency_key)
        if won is None:
            raise
        return won


def _earlier(shop: Shop, code: str, key: str) -> dict[str, Any] | None:
    row = VoucherRedemption._base_manager.select_related("voucher").filter(shop=shop, idempotency_key=key).first()
    if row is None:
        return None
    if row.voucher.code != code:
        raise Refused(
            _("This key was used for the voucher %(code)s.") % {"code": row.voucher.code}, code="key_used_elsewhere"
        )
    return dict(row.answer)


def _redeem(
    shop: Shop, code: str, key: str, now: datetime, order_number: str, order_value: int | None
) -> dict[str, Any]:
    voucher = Voucher._base_manager.select_related("offer").filter(shop=shop, code=code).first()
    if voucher is None:
        raise Refused(_("There is no voucher %(code)s.") % {"code": code}, code="unknown_voucher")
    _check(voucher, now, order_value)
    # One conditional update is the lock: of two calls for the last use, one changes no row.
    taken = Voucher._base_manager.filter(pk=voucher.pk, uses__lt=F("max_uses"), cancelled_at=None).update(
        uses=F("uses") + 1
    )
    if not taken:
        raise _refused("used_up", code)
    voucher.refresh_from_db(fields=["uses"])
    answer = {
        "code": voucher.code,
        "kind": voucher.offer.kind,
        "percent": voucher.offer.percent,
        "amount": voucher.offer.amount,
        "gift": voucher.offer.gift,
        "discount": discount_on(voucher.offer, order_value),
        "currency": shop.currency,
        "uses_left": voucher.max_uses - voucher.uses,
        "redeemed_at": now.isoformat(),
    }
    row = VoucherRedemption._base_manager.create(
        shop=shop,
        voucher=voucher,
        idempotency_key=key,
        order_number=order_number,
        order_value=order_value,
        discount=answer["discount"],
        at=now,
        answer=answer,
    )
    fact = Fact(
        type=VOUCHER_REDEEMED,
        at=now,
        customer_id=voucher.customer_id,
        data={"code": voucher.code, "order": order_number, "discount": answer["discount"]},
        source_key=f"redemption:{row.pk}",
    )
    record(shop, [fact], now=now, source="offers")
    return answer


REASONS: dict[str, Any] = {
    "used_up": gettext_lazy("The voucher %(code)s is used up."),
    "cancelled": gettext_lazy("The voucher %(code)s was cancelled."),
    "not_valid_yet": gettext_lazy("The voucher %(code)s is not valid yet."),
    "expired": gettext_lazy("The voucher %(code)s has expired."),
    "value_needed": gettext_lazy("The voucher %(code)s has a minimum order value: say the order’s value."),
    "below_minimum": gettext_lazy("The order is below the minimum value of the voucher %(code)s."),
}


def _refused(reason: str, code: str) -> Refused:
    return Refused(str(REASONS[reason]) % {"code": code}, code=reason)


def _check(voucher: Voucher, now: datetime, order_value: int | None) -> None:
    code = voucher.code
    if voucher.cancelled_at is not None:
        raise _refused("cancelled", code)
    if now < voucher.valid_from:
        raise _refused("not_valid_yet", code)
    if now >= voucher.valid_until:
        raise _refused("expired", code)
    if voucher.uses >= voucher.max_uses:
        raise _refused("used_up", code)
    if voucher.minimum_value:
        if order_value is None:
            raise _refused("value_needed", code)
        if order_value < voucher.minimum_value:
            raise _refused("below_minimum", code)


def discount_on(offer: Offer, order_value: int | None) -> int | None:
    """What the offer takes off an order, in minor units, half up; None where that needs a value nobody told."""
    if offer.kind == Offer.Kind.PERCENT:
        return None if order_value is None else (order_value * (offer.percent or 0) + 50) // 100
    if offer.kind == Offer.Kind.AMOUNT:
        amount = offer.amount or 0
        return amount if order_value is None else min(amount, order_value)
    return 0


@transaction.atomic
def cancel(shop: Shop, issue_keys: Sequence[str], *, now: datetime, reason: str, staff: Staff | None = None) -> int:
    """Cancels vouchers not used yet, named by their issue keys. Idempotent; returns how many were cancelled."""
    rows = list(
        Voucher._base_manager.select_for_update().filter(
            shop=shop, issue_key__in=list(issue_keys), uses=0, cancelled_at=None
        )
    )
    changed = Voucher._base_manager.filter(pk__in=[row.pk for row in rows], uses=0, cancelled_at=None).update(
        cancelled_at=now
    )
    record(
        shop,
        [
            Fact(
                type=VOUCHER_CANCELLED,
                at=now,
                customer_id=row.customer_id,
                data={"code": row.code, "reason": reason},
                source_key=f"voucher-cancelled:{row.pk}",
            )
            for row in rows
        ],
        now=now,
        source="offers",
    )
    return changed


@transaction.atomic
def record_history(
    shop: Shop,
    offer: Offer,
    grants: Sequence[tuple[int, str, Sequence[datetime]]],
    *,
    given_at: datetime,
    valid_until: datetime,
    now: datetime,
    measure_id: int | None = None,
) -> int:
    """Writes vouchers of the past with their uses: (customer, issue_key, moments of use). Returns how many are new.

    Wakes nobody, changes no voucher that is there. A constant number of queries.
    """
    keys = [key for _customer, key, _uses in grants]
    there = set(Voucher._base_manager.filter(shop=shop, issue_key__among=set(keys)).values_list("issue_key", flat=True))
    fresh = [grant for grant in grants if grant[1] not in there]
    rows = [
        Voucher(
            shop=shop, offer=offer, customer_id=customer, measure_id=measure_id, code=new_code(), issue_key=key,
            issued_at=given_at, valid_from=given_at, valid_until=valid_until, max_uses=max(1, len(uses)), uses=len(uses),
        )
        for customer, key, uses in fresh
    ]  # fmt: skip
    vouchers = Voucher._base_manager.bulk_create(rows)
    used = [
        (voucher, key, place, at)
        for voucher, (_customer, key, uses) in zip(vouchers, fresh, strict=True)
        for place, at in enumerate(uses)
    ]
    VoucherRedemption._base_manager.bulk_create(
        VoucherRedemption(shop=shop, voucher=voucher, idempotency_key=f"{key}:{place}", at=at)
        for voucher, key, place, at in used
    )
    facts = [
        Fact(VOUCHER_REDEEMED, at, voucher.customer_id, {"code": voucher.code}, f"{key}:{place}")
        for voucher, key, place, at in used
    ]
    record(shop, facts, now=now, source="import", is_history=True)
    return len(fresh)
