"""Orders of a staged part: its lines put together to whole orders, in batches that one transaction writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from regulars.know.customers.actions import CustomerDraft, normalised, number_for
from regulars.know.customers.models import Identity
from regulars.know.orders.actions import LineDraft, OrderDraft, RefundDraft, ReturnDraft

from .checks import EPOCH
from .order_lines import RETURN, Reading
from .staging import Reject

BATCH_LINES = 3_000
BATCH_ORDERS = 600
"""One transaction: 35 to 45 ms of work while SQLite lets nobody else write, so that it stays under 100 ms on a machine with
other things to do (row import.lock of the benchmarks). Three times as much at once would be an eighth quicker."""
WINDOW_LINES = 9_000
"""So many lines at a time leave the columns for Python."""
LINE = ("sku", "title", "quantity", "list_value", "value", "is_goods")


@dataclass
class Batch:
    """Whole orders for one transaction. until: lines of the part that are done once it is written.

    accepts: order's customer number → moment at which the file says marketing was accepted.
    """

    orders: list[OrderDraft] = field(default_factory=list)
    returns: list[ReturnDraft] = field(default_factory=list)
    refunds: list[RefundDraft] = field(default_factory=list)
    customers: dict[str, CustomerDraft] = field(default_factory=dict)
    accepts: dict[str, datetime] = field(default_factory=dict)
    lines: int = 0
    until: int = 0

    @property
    def is_full(self) -> bool:
        return self.lines >= BATCH_LINES or len(self.orders) + len(self.returns) >= BATCH_ORDERS


def grouped(table: pa.Table) -> tuple[pa.Table, list[int]]:
    """The lines with those of one order together, in the order of the file, and where each order begins (and the end)."""
    coded = table["key"].combine_chunks().dictionary_encode()
    codes = coded.indices
    if len(codes) > 1 and pc.any(pc.less(codes[1:], codes[:-1])).as_py():
        order = pc.sort_indices(codes)  # stable
        table, codes = table.take(order), codes.take(order)
    if not len(codes):
        return table, [0]
    starts = pc.indices_nonzero(pc.not_equal(codes[1:], codes[:-1])).to_pylist() if len(codes) > 1 else []
    return table, [0, *(start + 1 for start in starts), len(codes)]


def sound(table: pa.Table) -> tuple[pa.Table, list[Reject]]:
    """Without the orders of which a line was rejected or which make no sense as a whole, and their other lines as rejects."""
    table, starts = grouped(table)
    rejects: list[Reject] = []
    drop: set[int] = set()
    bad = table["bad"].to_pylist()
    dates = table["at"].null_count
    customers = table["customer"].to_pylist()
    each_is_bad = any(bad)
    for begin, end in pairwise(starts):
        reason, column = "", ""
        if each_is_bad and True in bad[begin:end]:
            first = bad.index(True, begin, end)
            reason = f"line {table['line'][first].as_py()} of the same order was rejected"
        elif dates and table["at"].slice(begin, end - begin).null_count == end - begin:
            reason, column = "the order has no date", "date"
        elif len(found := {one for one in customers[begin:end] if one}) > 1:
            reason, column = f"the order names {len(found)} customers: {', '.join(sorted(found)[:3])}", "customer"
        if reason:
            drop.update(range(begin, end))
            lines = table["line"].slice(begin, end - begin).to_pylist()
            rejects += [(line, column, reason) for line, one in zip(lines, bad[begin:end], strict=True) if not one]
    if drop:
        table = table.filter(pa.array([row not in drop for row in range(len(table))], pa.bool_()))
    return table, rejects


def batches(table: pa.Table, reading: Reading, skip: int = 0) -> Iterator[Batch]:
    """The orders of a part, in batches; `skip` lines were written before."""
    table, starts = grouped(table)
    pieces = [place for place in starts if place >= skip]
    batch = Batch()
    taken = Window(table)
    for begin, end in pairwise(pieces):
        for one in _split(taken, begin, end, reading):
            _add(batch, one, reading)
        batch.lines += end - begin
        batch.until = end
        if batch.is_full:
            yield batch
            batch = Batch()
    if batch.lines:
        yield batch


class Window:
    """Columns of a table as Python lists, a stretch of rows at a time, so that never the whole part is in Python."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.names = set(table.column_names)
        self.begin = self.end = 0
        self.lists: dict[str, list[Any]] = {}
        self.lines: list[LineDraft] = []

    def look(self, begin: int, end: int) -> int:
        """Makes the rows [begin, end) available and returns where they begin in `lists` and `lines`."""
        if begin < self.begin or end > self.end:
            self.begin, self.end = begin, max(end, min(begin + WINDOW_LINES, len(self.table)))
            piece = self.table.slice(begin, self.end - begin)
            self.lists = {name: piece[name].to_pylist() for name in self.names if name not in LINE}
            self.lines = list(map(LineDraft._make, zip(*(piece[name].to_pylist() for name in LINE), strict=True)))
        return begin - self.begin


@dataclass
class Group:
    """The lines of one order: `first(name)` is what the first line that says something says."""

    number: str
    is_return: bool
    lines: Sequence[LineDraft]
    cells: Callable[[str], list[Any]]
    names: set[str]

    def first(self, name: str) -> Any:
        if name not in self.names:
            return None
        return next((one for one in self.cells(name) if one not in (None, "")), None)


def _split(window: Window, begin: int, end: int, reading: Reading) -> Iterator[Group]:
    at = window.look(begin, end)
    to = at + end - begin
    lists = window.lists
    is_return = lists["key"][at].endswith(RETURN)
    number = lists["number"][at]
    if not reading.mapping.each_row_an_order:
        yield Group(number, is_return, window.lines[at:to], lambda name: lists[name][at:to], window.names)
        return
    for place in range(at, to):
        yield Group(
            f"{number}-{place - at + 1}",
            is_return,
            window.lines[place : place + 1],
            lambda name, place=place: lists[name][place : place + 1],  # type: ignore[misc]
            window.names,
        )


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def _add(batch: Batch, group: Group, reading: Reading) -> None:
    """Turns a group into the drafts of the batch."""
    at = _moment(min(one for one in group.cells("at") if one is not None))
    customer = group.first("customer") or _known_by_address(batch, group)
    if group.is_return:
        value = sum(line.value for line in group.lines if line.is_merchandise)
        order = group.first("returned_order") or group.number
        batch.returns.append(ReturnDraft(group.number, at, group.lines, customer, order_number=order))
        batch.refunds.append(RefundDraft(group.number, at, value, value, customer, order_number=order))
        return
    lines = _with_order_discount(group, reading)
    cancelled = group.first("cancelled_at")
    cancelled_at = None if cancelled is None else _moment(cancelled)
    if cancelled_at is None and True in group.cells("is_cancelled"):
        cancelled_at = at
    batch.orders.append(
        OrderDraft(
            number=group.number,
            placed_at=at,
            lines=lines,
            customer_number=customer,
            currency=reading.shop.currency,
            cancelled_at=cancelled_at,
            is_test=True in group.cells("is_test"),
            counts_zero=reading.mapping.zero_counts,
            tax=group.first("tax"),
            shipping=group.first("shipping"),
            voucher_code=group.first("voucher") or "",
            version=group.first("version") or "",
        )
    )
    refunded = group.first("refunded")
    if refunded:
        # The export tells how much was refunded, not when: the order's own day (or that of its cancellation) stands in.
        goods = min(refunded, sum(line.value for line in lines if line.is_merchandise))
        number = f"{group.number}:refund"[:64]
        batch.refunds.append(
            RefundDraft(number, cancelled_at or at, goods, refunded, customer, order_number=group.number)
        )
    if customer and "accepts" in group.names and True in group.cells("accepts"):
        batch.accepts[customer] = max(at, batch.accepts.get(customer, at))


def _known_by_address(batch: Batch, group: Group) -> str:
    """The number of the customer whom the file names by an address only."""
    email = group.first("email")
    if not email:
        return ""
    number = number_for(Identity.Kind.EMAIL, normalised(Identity.Kind.EMAIL, email, ""))
    phone = group.first("phone")
    country = str(group.first("country") or "").upper()
    batch.customers[number] = CustomerDraft(
        number=number,
        emails=(email,),
        phones=(phone,) if phone else (),
        first_name=group.first("first_name"),
        last_name=group.first("last_name"),
        country=country if len(country) == 2 else None,
    )
    return number


def _with_order_discount(group: Group, reading: Reading) -> Sequence[LineDraft]:
    """The lines after what the order says as a whole: a discount is taken off, and tax that the prices do not hold is
    put on, in proportion to the values of the merchandise lines, to the last minor unit."""
    change = -(group.first("order_discount") or 0)
    tax = group.first("tax") or 0
    is_in = reading.mapping.tax_is_in
    goods = [line for line in group.lines if line.is_merchandise]
    paid = sum(line.value for line in goods)
    if is_in is None:
        total = group.first("total")
        without = paid + change + (group.first("shipping") or 0)
        is_in = total is None or abs(total - without - tax) > abs(total - without)
    if not is_in:
        change += tax
    if not change or not paid:
        return group.lines
    change = max(change, -paid)
    shared, given = 0, 0
    lines = []
    for line in group.lines:
        if line.is_merchandise:
            shared += line.value
            part = change * shared // paid - given
            given += part
            extra = tax * line.value // paid if not is_in else 0
            line = line._replace(value=line.value + part, list_value=line.list_value + extra)
        lines.append(line)
    return lines
