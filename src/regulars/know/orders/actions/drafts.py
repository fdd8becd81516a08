"""What a source says about orders, returns and refunds, before it is written. Money in minor units of the shop."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec


class LineDraft(NamedTuple):
    """One line. value: as the customer paid it, after discounts; list_value: before. Of a return both are positive."""

    sku: str = ""
    title: str = ""
    quantity: int = 1
    list_value: int = 0
    value: int = 0
    is_merchandise: bool = True


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """One whole order. The sums of the order are those of its merchandise lines.

    customer_number: "" for an order without a known customer; or give `customer_id` where the caller knows it.
    counts_zero: an order without value counts, too. version: newest wins, compared as text; "" is older than any.
    """

    number: str
    placed_at: datetime
    lines: Sequence[LineDraft]
    customer_number: str = ""
    customer_id: int | None = None
    currency: str = ""
    cancelled_at: datetime | None = None
    is_test: bool = False
    counts_zero: bool = False
    tax: int | None = None
    shipping: int | None = None
    voucher_code: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class ReturnDraft:
    """Goods that came back. order_number: "" where the source does not name the order. version: newest wins."""

    number: str
    returned_at: datetime
    lines: Sequence[LineDraft]
    customer_number: str = ""
    customer_id: int | None = None
    order_number: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money given back. total: all of it; merchandise: the part for goods."""

    number: str
    refunded_at: datetime
    merchandise: int
    total: int
    customer_number: str = ""
    customer_id: int | None = None
    order_number: str = ""
    version: str = ""


_encode = msgspec.json.Encoder().encode


def fingerprint(draft: Any) -> str:
    """32 hexadecimal digits over all that the source says: the same again means that nothing changed."""
    return hashlib.blake2b(_encode(draft), digest_size=16).hexdigest()
