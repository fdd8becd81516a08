"""Checks of columns: texts and numbers as Arrow arrays in, clean values out, the reason of each bad row noted."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from .mapping import Condition, Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PRICE = pa.decimal128(24, 8)
WHOLE = pa.decimal128(12, 0)
LARGEST_PRICE = 10**12
LARGEST_QUANTITY = 10**9
"""A billion pieces on one line is a mistake in the source."""
LARGEST_VALUE = 10**13
NUMBER = r"^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$"
MARK = {"true": True, "yes": True, "ja": True, "1": True, "y": True, "j": True, "wahr": True, "t": True}


class Rows:
    """The rows of one chunk while they are checked. The first reason against a row stays."""

    def __init__(self, columns: dict[str, pa.Array], used: dict[str, str], mapping: Mapping, length: int) -> None:
        self.columns = columns
        self.used = used
        self.mapping = mapping
        self.length = length
        self.reasons: dict[int, tuple[str, str]] = {}
        """row → (column, reason)"""
        self.known: dict[str, pa.Array] = {}
        """Numbers of fields that were read before, for the conditions."""

    def __len__(self) -> int:
        return self.length

    def reject(self, field: str, bad: pa.Array, reason: Callable[[str], str]) -> None:
        """Notes a reason against each row where `bad` holds; `reason` is given the value as text."""
        where = pc.indices_nonzero(bad.fill_null(False)).to_pylist()
        if not where:
            return
        values = self.raw(field).take(pa.array(where)).to_pylist()
        for row, value in zip(where, values, strict=True):
            text = "" if value is None else str(value)
            self.reasons.setdefault(row, (self.used.get(field, field), reason(text[:80])))

    def has(self, field: str) -> bool:
        """Whether the file or the mapping says something about `field`."""
        return field in self.used or field in self.mapping.constants

    def raw(self, field: str) -> pa.Array:
        """The values as they are in the file, or the constant of the mapping."""
        if field in self.used:
            return self.columns[self.used[field]]
        return pa.array([self.mapping.constants.get(field, "")], pa.string()).take(_zeros(self.length))

    def texts(self, field: str, longest: int, *, needed: bool = False, cut: bool = False) -> pa.Array:
        """Texts without blanks at the ends; "" for nothing. Too long ones are rejected, or cut."""
        values = self.raw(field)
        if pa.types.is_floating(values.type):  # ids that a spreadsheet or pandas made floats of
            whole = pc.and_(pc.is_finite(values), pc.equal(values, pc.floor(values)))
            large = pc.if_else(whole.fill_null(False), values, 0.0)
            values = pc.if_else(whole, large.cast(pa.int64(), safe=False).cast(pa.string()), values.cast(pa.string()))
        values = pc.utf8_trim_whitespace(values.cast(pa.string()).fill_null(""))
        if cut:
            return pc.utf8_slice_codeunits(values, 0, longest)
        self.reject(field, pc.greater(pc.utf8_length(values), longest), lambda _: f"longer than {longest} characters")
        if needed:
            self.reject(field, pc.equal(values, ""), lambda _: "is empty")
        return values

    def amounts(self, field: str, *, needed: bool = False) -> pa.Array:
        """Exact decimals with 8 places; 0 where there is nothing, unless it is needed."""
        values = self.raw(field)
        if pa.types.is_integer(values.type):
            fine = pc.less(pc.abs(values.cast(pa.int64(), safe=False)), LARGEST_PRICE)
            self.reject(field, pc.invert(fine), lambda value: f"{value} is too large")
            numbers = pc.if_else(fine, values.cast(pa.int64(), safe=False), 0).cast(pa.decimal128(38, 8)).cast(PRICE)
        elif pa.types.is_floating(values.type):
            values = values.cast(pa.float64())
            finite = pc.is_finite(values)
            if not needed:
                finite = pc.or_(finite, pc.is_nan(values))
            self.reject(field, pc.invert(finite), lambda value: f"{value} is not a number")
            fine = pc.and_(pc.is_finite(values), pc.less(pc.abs(values), float(LARGEST_PRICE)))
            self.reject(field, pc.and_(finite, pc.greater_equal(pc.abs(values), float(LARGEST_PRICE))), _too_large)
            numbers = pc.if_else(fine, values, 0.0).cast(PRICE)
        elif pa.types.is_decimal(values.type):
            fine = pc.less(pc.abs(values.cast(pa.float64())), float(LARGEST_PRICE))
            self.reject(field, pc.invert(fine), _too_large)
            numbers = pc.if_else(fine, values, None).cast(PRICE, safe=False)
        else:
            return self._parsed(field, values.cast(pa.string()), needed)
        if needed:
            self.reject(field, pc.is_null(values), lambda _: "is empty")
        return numbers.fill_null(0)

    def _parsed(self, field: str, values: pa.Array, needed: bool) -> pa.Array:
        """Numbers out of texts, each different text once."""
        coded = pc.utf8_trim_whitespace(values.fill_null("")).dictionary_encode()
        texts = coded.dictionary
        if self.mapping.thousands:
            texts = pc.replace_substring(texts, self.mapping.thousands, "")
        if self.mapping.decimal == ",":
            texts = pc.replace_substring(texts, ",", ".")
        empty = pc.equal(texts, "")
        fine = pc.match_substring_regex(texts, NUMBER)
        digits = pc.replace_substring_regex(pc.if_else(fine, texts, "0"), r"^\+", "")
        digits = pc.replace_substring_regex(digits, r"(\.\d{8})\d+$", r"\1")
        numbers = digits.cast(pa.decimal128(38, 8))
        large = pc.greater_equal(pc.abs(numbers), pa.scalar(LARGEST_PRICE, pa.decimal128(38, 8)))
        numbers = pc.if_else(large, pa.scalar(0, pa.decimal128(38, 8)), numbers).cast(PRICE)
        if needed:
            self.reject(field, pc.take(empty, coded.indices), lambda _: "is empty")
        self.reject(field, pc.take(pc.invert(pc.or_(fine, empty)), coded.indices), self._no_number)
        self.reject(field, pc.take(large, coded.indices), _too_large)
        return numbers.take(coded.indices)

    def _no_number(self, value: str) -> str:
        if self.mapping.decimal == "." and re.fullmatch(r"[+-]?[\d.]*,\d+", value):
            return f'“{value}” is not a number; if that is a decimal comma, say decimal = "," in the mapping'
        if re.fullmatch(r"[+-]?\d{16,}(\.\d*)?", value):
            return _too_large(value)
        return f"“{value}” is not a number"

    def quantities(self, field: str) -> pa.Array:
        """Whole numbers as decimals without places."""
        numbers = self.amounts(field, needed=True)
        whole = pc.floor(numbers)
        self.reject(field, pc.not_equal(whole, numbers), lambda value: f"“{value}” is not a whole number")
        large = pc.greater_equal(pc.abs(whole), pa.scalar(LARGEST_QUANTITY, pa.decimal128(20, 0)))
        self.reject(field, large, lambda value: f"{value} is too large for a quantity")
        return pc.if_else(large, pa.scalar(0, whole.type), whole).cast(WHOLE)

    def minor(self, field: str, values: pa.Array, places: int) -> pa.Array:
        """Decimals in major units as integers in minor units, half away from zero."""
        limit = pa.scalar(LARGEST_VALUE, pa.decimal128(20, 0))
        large = pc.greater_equal(pc.abs(values), limit)
        self.reject(field, large, lambda value: f"{value} is too large for an amount of money")
        kept = pc.if_else(large, pa.scalar(0, values.type), values)
        rounded = pc.round(kept, places, round_mode="half_towards_infinity").cast(pa.decimal128(20, places))
        return pc.multiply(rounded, pa.scalar(10**places, pa.decimal128(5, 0))).cast(pa.int64(), safe=False)

    def moments(self, field: str, zone: str, now: datetime, *, needed: bool = False) -> pa.Array:
        """Microseconds since 1970 in UTC, null for nothing. Each different value is read once."""
        values = self.raw(field)
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
        coded = values.dictionary_encode()
        local = ZoneInfo(zone)
        read, reasons = [], []
        for value in coded.dictionary.to_pylist():
            micros, reason = _moment(value, self.mapping.date_formats, local, now)
            read.append(micros)
            reasons.append(reason)
        bad = pc.take(pa.array([reason is not None for reason in reasons], pa.bool_()), coded.indices)
        by_value = dict(zip(map(str, coded.dictionary.to_pylist()), reasons, strict=True))
        self.reject(field, bad, lambda value: by_value.get(value) or f"“{value}” is not a date")
        result = pc.take(pa.array(read, pa.int64()), coded.indices)
        if needed:
            self.reject(field, pc.and_(pc.is_null(result), pc.invert(bad.fill_null(False))), lambda _: "is empty")
        return result

    def marks(self, field: str) -> pa.Array:
        """Whether the row says yes."""
        values = pc.utf8_lower(self.texts(field, 200, cut=True))
        return pc.is_in(values, value_set=pa.array(list(MARK)))

    def holds(self, conditions: Sequence[Condition]) -> pa.Array:
        """Whether one of the conditions holds for each row."""
        result = pc.greater(_zeros(self.length), 0)
        for one in conditions:
            result = pc.or_(result, self._holds(one).fill_null(False))
        return result

    def _holds(self, one: Condition) -> pa.Array:
        field = f"rule:{one.column}"
        if one.test in ("at_most", "below"):
            numbers = self.known.get(one.column.strip("{}"))
            if numbers is None:
                numbers = Rows(self.columns, self.used, self.mapping, self.length).amounts(field)
            limit = pa.scalar(int(one.value), pa.decimal128(20, 0))
            return pc.less_equal(numbers, limit) if one.test == "at_most" else pc.less(numbers, limit)
        values = Rows(self.columns, self.used, self.mapping, self.length).texts(field, 10_000, cut=True)
        if one.test == "starts_with":
            return pc.starts_with(values, str(one.value))
        if one.test == "matches":
            return pc.match_substring_regex(values, str(one.value))
        if one.test == "empty":
            return pc.equal(pc.equal(values, ""), bool(one.value))
        wanted = one.value if isinstance(one.value, list) else [one.value]
        return pc.is_in(values, value_set=pa.array([str(value) for value in wanted], pa.string()))


def _zeros(length: int) -> pa.Array:
    return pa.array([0], pa.int32()).take(pa.array([0] * length, pa.int32()))


def _too_large(value: str) -> str:
    return f"{value} is too large"


def _moment(value: Any, formats: Sequence[str], zone: ZoneInfo, now: datetime) -> tuple[int | None, str | None]:
    """(microseconds, None), (None, None) for nothing, or (None, reason)."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    read = _read(value, formats)
    if read is None:
        return None, f"“{str(value)[:80]}” is not a date (expected {' or '.join(formats)})"
    if not 1970 <= read.year <= 9000:
        return None, f"{value} lies before 1970" if read.year < 1970 else f"{value} lies in the future"
    at = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    if at > now + timedelta(days=1):
        return None, f"{value} lies in the future"
    return (at - EPOCH) // timedelta(microseconds=1), None


def _read(value: Any, formats: Sequence[str]) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone is put on by the caller
    text = str(value).strip()
    for form in formats:
        try:
            if form == "iso":
                return datetime.fromisoformat(text)
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is put on by the caller
        except ValueError:
            continue
    return None
