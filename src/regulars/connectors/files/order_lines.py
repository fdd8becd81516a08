"""Lines of orders: one chunk of the file in, checked lines out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from regulars.core.models import Shop
from regulars.core.money import digits

from .checks import EPOCH, WHOLE, Rows
from .mapping import Mapping
from .source import Chunk
from .staging import Reject

LONGEST_NUMBER = 64
RETURN = "\x1f"
"""Ends the key of a return, so that an order and its return of the same number stay apart."""

TEXTS = {
    "email": 254,
    "first_name": 80,
    "last_name": 80,
    "phone": 40,
    "voucher": 40,
    "returned_order": 64,
    "version": 40,
}
AMOUNTS = ("order_discount", "tax", "shipping", "total", "refunded")
NEEDS = [("date",), ("unit_price", "line_value")]


@dataclass(frozen=True)
class Reading:
    """What is needed to read lines: the mapping, the columns found in this file, the shop, the moment of the import."""

    mapping: Mapping
    used: dict[str, str]
    shop: Shop
    now: datetime

    @property
    def zone(self) -> str:
        return self.mapping.zone or self.shop.timezone

    @property
    def places(self) -> int:
        return digits(self.shop.currency)


def staged(chunk: Chunk, reading: Reading) -> tuple[pa.Table, list[Reject], int]:
    """The lines of a chunk as they are staged, the rejected ones, and how many rows were read.

    A rejected line that names its order is staged as bad, so that the whole order is refused with it. Columns: key,
    number, line, bad, at (µs), customer, sku, title, quantity, list_value, value (minor units), is_goods, is_cancelled,
    is_test, and those of TEXTS, AMOUNTS, `cancelled_at`, `accepts` that the file has.
    """
    rows = Rows(chunk.columns, reading.used, reading.mapping, len(chunk))
    mapping = reading.mapping
    columns: dict[str, pa.Array] = {}
    columns["at"] = rows.moments("date", reading.zone, reading.now)
    customer = rows.texts("customer", LONGEST_NUMBER)
    if mapping.strip_customer:
        customer = pc.replace_substring_regex(customer, f"{_literal(mapping.strip_customer)}$", "")
    columns["customer"] = customer
    number = _number(rows, reading, columns)
    is_return = rows.holds(mapping.rules["returns"])
    skip = rows.holds(mapping.rules["skip"])
    columns |= _values(rows, reading, is_return)
    columns["is_cancelled"] = rows.holds(mapping.rules["cancellations"])
    columns["is_test"] = rows.holds(mapping.rules["tests"])
    _further(rows, reading, columns)
    _check_currency(rows, reading)

    bad = _mask(set(rows.reasons), len(rows))
    columns["bad"] = bad
    columns["line"] = chunk.lines
    columns["number"] = number
    columns["key"] = pc.binary_join_element_wise(number, pc.if_else(is_return, RETURN, ""), "")
    kept = pc.and_(pc.invert(skip), pc.not_equal(number, ""))
    lines = chunk.lines.to_pylist() if rows.reasons else []
    skipped = set(pc.indices_nonzero(skip).to_pylist()) if rows.reasons else set()
    rejects = [(lines[row], *reason) for row, reason in rows.reasons.items() if row not in skipped]
    rejects += [(line, "", reason) for line, reason in chunk.malformed]
    return pa.table(columns).filter(kept), sorted(rejects), len(chunk) + len(chunk.malformed)


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if not sign.isalnum() else sign for sign in text)


def _mask(rows: set[int], length: int) -> pa.Array:
    if not rows:
        return pa.array([False], pa.bool_()).take(pa.array([0] * length, pa.int32()))
    return pa.array([row in rows for row in range(length)], pa.bool_())


def _number(rows: Rows, reading: Reading, columns: dict[str, pa.Array]) -> pa.Array:
    """The order's number; where each row is an order, customer and day, to which a place in the day is added later."""
    if not reading.mapping.each_row_an_order:
        return rows.texts("order", LONGEST_NUMBER, needed=True)
    missing = pc.is_null(columns["at"])
    rows.reject("date", missing, lambda _: "is empty")
    coded = columns["at"].fill_null(0).dictionary_encode()
    zone = ZoneInfo(reading.zone)
    texts = [f"{(EPOCH + timedelta(microseconds=at)).astimezone(zone):%Y%m%d}" for at in coded.dictionary.to_pylist()]
    days = pa.array(texts, pa.string()).take(coded.indices)
    made = pc.binary_join_element_wise(columns["customer"], days, "-")
    return pc.if_else(missing, "", made)


def _values(rows: Rows, reading: Reading, is_return: pa.Array) -> dict[str, pa.Array]:
    """Quantity and values of the lines, exact, rounded half up to minor units; those of returns are positive."""
    quantity = (
        rows.quantities("quantity")
        if rows.has("quantity")
        else pa.array([1] * len(rows)).cast(pa.decimal128(19, 0)).cast(WHOLE)
    )
    quantity = pc.if_else(is_return, pc.abs(quantity), quantity).cast(WHOLE)
    rows.known["quantity"] = quantity
    discount = rows.amounts("line_discount") if rows.has("line_discount") else None
    if rows.has("unit_price"):
        price = rows.amounts("unit_price", needed=not rows.has("line_value"))
        rows.known["unit_price"] = price
        listed = pc.multiply(quantity, price)
        list_value = rows.minor("unit_price", listed, reading.places)
    if rows.has("line_value"):
        paid = rows.amounts("line_value", needed=not rows.has("unit_price"))
        paid = pc.if_else(is_return, pc.abs(paid), paid)
        rows.known["line_value"] = paid
        value = rows.minor("line_value", paid, reading.places)
        if not rows.has("unit_price"):
            list_value = (
                value if discount is None else pc.add(value, rows.minor("line_discount", discount, reading.places))
            )
    else:
        value = list_value
        if discount is not None:
            value = pc.subtract(value, rows.minor("line_discount", discount, reading.places))
    return {
        "sku": rows.texts("sku", 80),
        "title": rows.texts("title", 200, cut=True),
        "quantity": quantity.cast(pa.int64()),
        "list_value": list_value,
        "value": value,
        "is_goods": pc.invert(rows.holds(reading.mapping.rules["not_merchandise"])),
    }


def _further(rows: Rows, reading: Reading, columns: dict[str, pa.Array]) -> None:
    """What only some files have."""
    for field, longest in TEXTS.items():
        if rows.has(field):
            columns[field] = rows.texts(field, longest, cut=field in ("first_name", "last_name"))
    if "email" in columns:
        email = columns["email"]
        broken = pc.and_(
            pc.not_equal(email, ""), pc.invert(pc.match_substring_regex(email, r"^[^@\s]+@[^@\s]+\.[^@\s]+$"))
        )
        rows.reject("email", broken, lambda value: f"“{value}” is not an e-mail address")
    for field in AMOUNTS:
        if rows.has(field):
            amount = rows.minor(field, rows.amounts(field), reading.places)
            given = pc.not_equal(rows.texts(field, 80, cut=True), "")
            columns[field] = pc.if_else(given, amount, pa.scalar(None, pa.int64()))
    if rows.has("cancelled_at"):
        columns["cancelled_at"] = rows.moments("cancelled_at", reading.zone, reading.now)
    if rows.has("accepts_marketing"):
        columns["accepts"] = rows.marks("accepts_marketing")


def _check_currency(rows: Rows, reading: Reading) -> None:
    if rows.has("currency"):
        given = pc.utf8_upper(rows.texts("currency", 3))
        other = pc.and_(pc.not_equal(given, ""), pc.not_equal(given, reading.shop.currency))
        ours = reading.shop.currency
        rows.reject("currency", other, lambda value: f"{value} is not the currency of the shop, {ours}")
