"""Orders from files: whole, idempotent, resumable, and every bad line named."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.connectors.files import order_import, orders, source
from regulars.connectors.files.actions import perform, remove_old, shop_for_import, start_run
from regulars.connectors.files.models import ImportRun
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, OrderLine, Refund, Return
from regulars.know.timeline.models import Event, EventDue

HEAD = "order,customer,date,sku,title,quantity,price\n"
GOOD = "1001,rosa,2026-05-04 12:30,LP-1,Blue Train,2,19.90\n"
Import = Callable[..., ImportRun]


def counts(run: ImportRun) -> tuple[int, int, int, int, int, int]:
    names = ("rows", "orders", "customers", "returns", "rejected", "unchanged")
    return tuple(run.counts[name] for name in names)  # type: ignore[return-value]


def rejects(run: ImportRun) -> list[tuple[str, str, str]]:
    with Path(run.reject_path).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(row["reject_line"], row["reject_column"], row["reject_reason"]) for row in rows]


def test_scattered_and_equal_lines_become_whole_orders(bring: Import, shop: Shop) -> None:
    other = "1002,nico,2026-05-05T09:00:00+02:00,LP-2,Kind of Blue,1,9.995\n"
    run = bring(HEAD + GOOD + other + GOOD)

    assert counts(run) == (3, 2, 2, 0, 0, 0)
    with scope(shop=shop):
        first, second = Order.objects.order_by("number")
        assert first.placed_at == datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
        assert (first.value, first.units, first.lines.count(), first.customer.number) == (7960, 4, 2, "rosa")
        assert second.value == 1000  # half up
        assert not Event.objects.exists()
        assert not EventDue.objects.exists()


def test_a_second_run_changes_nothing_and_says_so(bring: Import, shop: Shop) -> None:
    bring(HEAD + GOOD)
    again = bring(HEAD + GOOD)
    more = bring(HEAD + GOOD + GOOD.replace("1001", "1002"))

    assert counts(again) == (1, 0, 0, 0, 0, 1)
    assert counts(more) == (2, 1, 0, 0, 0, 1)


def test_a_dry_run_writes_nothing_and_tells_what_would_be(bring: Import, shop: Shop) -> None:
    run = bring(HEAD + GOOD, is_dry_run=True)

    assert counts(run) == (1, 1, 1, 0, 0, 0)
    with scope(shop=shop):
        assert not Order.objects.exists()
        assert not Customer.objects.exists()


@pytest.mark.parametrize("form", ["gz", "parquet", "bom", "semicolon", "crlf", "quoted"])
def test_every_form_of_file_says_the_same(form: str, bring: Import, shop: Shop, tmp_path: Path) -> None:
    text = HEAD + GOOD
    if form == "gz":
        run = bring(gzip.compress(text.encode()), name="orders.csv.gz")
    elif form == "bom":
        run = bring(b"\xef\xbb\xbf" + text.encode())
    elif form == "semicolon":
        run = bring(text.replace(",", ";"))
    elif form == "crlf":
        run = bring(text.replace("\n", "\r\n"))
    elif form == "quoted":
        run = bring(
            text.replace("Blue Train", '"Blue\nTrain, ""live"""') + GOOD.replace("19.90", "bad").replace("1001", "2")
        )
        assert rejects(run)[-1][0] == "4"
        return
    else:
        table = pa.table(
            {
                "order": [1001], "customer": pa.array(["rosa"]).dictionary_encode(),
                "date": pa.array([datetime(2026, 5, 4, 12, 30)], pa.timestamp("ms")),
                "sku": ["LP-1"], "title": ["Blue Train"], "quantity": pa.array([2], pa.int16()), "price": [19.9],
            }
        )  # fmt: skip
        pq.write_table(table, tmp_path / "made.parquet")
        run = bring((tmp_path / "made.parquet").read_bytes(), name="orders.bin")
    assert counts(run) == (1, 1, 1, 0, 0, 0)
    with scope(shop=shop):
        assert Order.objects.values_list("value", "placed_at").get() == (3980, datetime(2026, 5, 4, 10, 30, tzinfo=UTC))


BAD_CELLS = [
    ("19.90", '"19,90"', "price", "decimal comma"),
    ("19.90", "NaN", "price", "“NaN” is not a number"),
    ("19.90", "inf", "price", "“inf” is not a number"),
    ("19.90", "-Infinity", "price", "is not a number"),
    ("19.90", "", "price", "is empty"),
    ("19.90", "1e5", "price", "“1e5” is not a number"),
    ("19.90", "99999999999999", "price", "99999999999999 is too large"),
    ("19.90", "999999999999999999999999999999", "price", "is too large"),
    (",2,19.90", ",1000000000000,19.90", "quantity", "1000000000000 is too large"),
    (",2,19.90", ",1.5,19.90", "quantity", "“1.5” is not a whole number"),
    (",2,19.90", ",,19.90", "quantity", "is empty"),
    ("2026-05-04 12:30", "0001-01-01", "date", "lies before 1970"),
    ("2026-05-04 12:30", "2999-01-01", "date", "lies in the future"),
    ("2026-05-04 12:30", "2026-02-30", "date", "“2026-02-30” is not a date"),
    ("2026-05-04 12:30", "04.05.2026", "date", "is not a date"),
    ("2026-05-04 12:30", "", "date", "the order has no date"),
    ("1001,", ",", "order", "is empty"),
    ("1001,", "9" * 65 + ",", "order", "longer than 64 characters"),
    ("LP-1", "L" * 81, "sku", "longer than 80 characters"),
    ("19.90\n", "19.90,extra\n", "", "8 cells instead of 7: there is a cell after the last column 'price'"),
    (",19.90\n", "\n", "", "6 cells instead of 7: the column 'price' is missing"),
]


@pytest.mark.parametrize(("old", "new", "column", "reason"), BAD_CELLS)
def test_a_bad_cell_is_named_and_the_good_orders_are_taken(
    old: str, new: str, column: str, reason: str, bring: Import, shop: Shop
) -> None:
    run = bring(HEAD + GOOD.replace("1001", "1002") + GOOD.replace(old, new))

    assert counts(run) == (2, 1, 1, 0, 1, 0)
    [(line, named, why)] = rejects(run)
    assert (line, named) == ("3", column)
    assert reason in why
    with scope(shop=shop):
        assert [order.number for order in Order.objects.all()] == ["1002"]


def test_never_half_an_order(bring: Import, shop: Shop) -> None:
    run = bring(HEAD + GOOD + GOOD.replace("1001", "1002") + GOOD.replace("19.90", "x") + GOOD)

    assert counts(run) == (4, 1, 1, 0, 3, 0)
    assert [(line, why) for line, _, why in rejects(run)] == [
        ("2", "line 4 of the same order was rejected"),
        ("4", "“x” is not a number"),
        ("5", "line 4 of the same order was rejected"),
    ]
    with Path(run.reject_path).open(encoding="utf-8") as file:
        assert list(csv.reader(file))[1][3:] == GOOD.strip().split(",")  # the line itself is not lost
    with scope(shop=shop):
        assert OrderLine.objects.count() == 1


def test_another_currency_is_rejected(bring: Import, shop: Shop) -> None:
    head, good = HEAD.strip() + ",currency\n", GOOD.strip()
    run = bring(f"{head}{good},EUR\n{good.replace('1001', '1002')},USD\n")

    assert counts(run) == (2, 1, 1, 0, 1, 0)
    assert rejects(run) == [("3", "currency", "USD is not the currency of the shop, EUR")]


def test_two_customers_in_one_order_are_rejected(bring: Import) -> None:
    run = bring(HEAD + GOOD.replace("1001", "7") + GOOD + GOOD.replace("rosa", "nico"))

    assert [line for line, _, _ in rejects(run)] == ["3", "4"]
    assert rejects(run)[0][2] == "the order names 2 customers: nico, rosa"


BROKEN = [
    (HEAD.encode() + GOOD.replace("Blue Train", "Café").encode("cp1252"), r"line 2 of .*'title'.*0xE9 is not UTF-8"),
    (HEAD.encode("utf-16"), "UTF-16"),
    (b"PK\x03\x04rest", "spreadsheet"),
    (b"PAR1 but not Parquet", "not a readable Parquet file"),
    (b"", "is empty"),
    (b"\n\n", "no header"),
    (HEAD.encode() + GOOD.replace("rosa", "ro\0sa").encode(), "line 2 of .*'customer'.*NUL"),
    (HEAD.replace("sku", "order").encode() + GOOD.encode(), "line 1: the column 'order'.*comes 2 times"),
    (HEAD.replace("date", "when").encode() + GOOD.encode(), "line 1: a column for the date is missing"),
    (HEAD.encode(), "has no row of an order"),
    (
        HEAD.encode() + GOOD.replace("19.90", "x").encode(),
        "no row of an order that can be taken: line 2, column 'price'",
    ),
    (gzip.compress((HEAD + GOOD * 5000).encode())[:-200], "packed file is broken"),
    (
        HEAD.encode() + GOOD.encode() + b"1002," + b"x" * 1_100_000,
        "line 3 of .*'customer'.*longer than 1,000,000 bytes",
    ),
    (HEAD.encode() + b'1002,"' + b"x,y\n" * 60_000, "line 2 of .*field larger than field limit"),
]


@pytest.mark.parametrize(("content", "reason"), BROKEN)
def test_a_broken_file_is_refused_and_nothing_is_written(
    content: bytes, reason: str, bring: Import, shop: Shop
) -> None:
    with pytest.raises(Refused, match=reason):
        bring(content)

    with scope(shop=shop):
        assert not Order.objects.exists()
        assert not Customer.objects.exists()


def test_an_endless_line_does_not_fill_the_memory(bring: Import, shop: Shop, tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(HEAD.encode() + GOOD.encode())
        file.truncate(2 * 1024**3)  # sparse: two gigabytes of NUL without a line end
    run = start_run(shop, "orders", path, now=now, preset="generic")

    import tracemalloc

    tracemalloc.start()
    with pytest.raises(Refused, match=r"line 3 of endless.csv.*longer than 1,000,000 bytes"):
        perform(run, now, clock=lambda: now)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_a_mapping_of_ones_own(bring: Import, shop: Shop) -> None:
    mapping = """
        [file]
        encoding = "cp1252"
        delimiter = ";"
        decimal = ","
        [columns]
        order = "Beleg"
        customer = "Kunde"
        date = "Datum"
        title = "Text"
        quantity = "Menge"
        unit_price = "Preis"
        [constants]
        currency = "EUR"
        [dates]
        formats = ["%d.%m.%Y"]
        zone = "UTC"
        [rows]
        returns = [{ column = "{quantity}", below = 0 }]
        cancellations = [{ column = "Status", equals = "storniert" }]
        tests = [{ column = "Kunde", starts_with = "TEST" }]
        not_merchandise = [{ column = "Text", in = ["Porto", "Größe"] }]
    """
    rows = [
        "Beleg;Kunde;Datum;Text;Menge;Preis;Status",
        "1;K1;04.05.2026;Café;2;1.234,50;ok",
        "1;K1;04.05.2026;Porto;1;4,90;ok",
        "2;K1;05.05.2026;Platte;1;10;storniert",
        "3;TEST7;05.05.2026;Platte;1;10;ok",
        "1;K1;09.05.2026;Café;-1;1.234,50;ok",
    ]
    run = bring("\n".join(rows).encode("cp1252"), mapping=mapping)

    assert counts(run) == (5, 3, 2, 1, 0, 0)
    with scope(shop=shop):
        told = {o.number: (o.value, o.status, o.is_test, o.is_counted) for o in Order.objects.all()}
        assert told == {
            "1": (246900, "placed", False, True),
            "2": (1000, "cancelled", False, False),
            "3": (1000, "placed", True, False),
        }
        assert Order.objects.get(number="1").placed_at == datetime(2026, 5, 4, tzinfo=UTC)
        back = Return.objects.get()
        assert (back.number, back.order.number, back.units, back.value) == ("1", "1", 1, 123450)
        assert Refund.objects.get().merchandise == 123450


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("[columns", "is not TOML"),
        ("[columns]\ncolour = 'x'", "colour is not known; possible are"),
        ("[rows]\nreturns = [{column = 'a'}]", "a condition has a column and one of"),
        ("[dates]\nzone = 'Europe/Atlantis'", "is no time zone"),
        ("[file]\nencoding = 'utf-9'", "'utf-9' is not known"),
        (
            "[columns]\norder='order'\ndate='date'\nunit_price='price'\n[rows]\ntests=[{column='x',equals='y'}]",
            "'x' is missing",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(mapping: str, reason: str, bring: Import) -> None:
    with pytest.raises(Refused, match=reason):
        bring(HEAD + GOOD, mapping=mapping)


def test_create_shop_leaves_a_shop_that_is_there_as_it_is(shop: Shop, now: datetime) -> None:
    same = shop_for_import("plattenkiste", now=now, create=True, currency="GBP", timezone="Europe/London")
    made = shop_for_import("new", now=now, create=True, currency="GBP", timezone="Europe/London")

    assert (same.pk, same.currency, same.timezone) == (shop.pk, "EUR", "Europe/Berlin")
    assert (made.currency, made.timezone) == ("GBP", "Europe/London")
    with pytest.raises(Refused, match="there is no shop 'nowhere'"):
        shop_for_import("nowhere", now=now)


def test_many_parts_and_batches_give_what_one_gives(bring: Import, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.connectors.files.staging.PART_ROWS", 20)
    monkeypatch.setattr(orders, "BATCH_LINES", 7)
    monkeypatch.setattr(source, "CHUNK_ROWS", 11)
    lines = [
        GOOD.replace("1001", str(n % 60)).replace("rosa", f"c{n % 60 % 9}").replace(",2,", f",{n},")
        for n in range(1, 301)
    ]
    run = bring(HEAD + "".join(lines) + "bad\n")

    assert counts(run) == (301, 60, 9, 0, 1, 0)
    assert rejects(run)[0][0] == "302"
    with scope(shop=shop):
        units = dict(Order.objects.values_list("number", "units"))
    assert units == {str(k): sum(n for n in range(1, 301) if n % 60 == k) for k in range(60)}


def test_a_broken_off_run_goes_on_where_it_stood(
    bring: Import, shop: Shop, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "BATCH_LINES", 10)
    text = HEAD + "".join(GOOD.replace("1001", str(n)) for n in range(100))
    real, calls = order_import._write, []

    def dies(*args: Any) -> None:
        if len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(args)
        real(*args)

    monkeypatch.setattr(order_import, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        bring(text)
    monkeypatch.setattr(order_import, "_write", lambda *args: (calls.append(args), real(*args)))

    run = bring(text)

    assert len(calls) == 10  # four before, six after: nothing twice
    assert counts(run) == (100, 100, 1, 0, 0, 0)
    with scope(shop=shop):
        assert ImportRun.objects.count() == 1
        assert OrderLine.objects.count() == 100


def test_reject_files_go_after_thirty_days(bring: Import, shop: Shop, now: datetime) -> None:
    run = bring(HEAD + GOOD + GOOD.replace("19.90", "x").replace("1001", "2"))
    assert Path(run.reject_path).exists()

    assert remove_old(shop, now + timedelta(days=29)) == 0
    assert remove_old(shop, now + timedelta(days=31)) == 1
    assert not Path(run.reject_path).exists()
    assert remove_old(shop, now + timedelta(days=31)) == 0


def test_a_transaction_holds_no_more_than_a_batch(bring: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "BATCH_LINES", 12)
    monkeypatch.setattr(orders, "BATCH_ORDERS", 5)
    real, held = order_import._write, []
    monkeypatch.setattr(
        order_import, "_write", lambda *args: (held.append((len(args[1].orders), args[1].lines)), real(*args))
    )

    run = bring(HEAD + "".join(GOOD.replace("1001", str(n if n < 12 else 12 + n // 6)) for n in range(72)))

    assert counts(run)[:2] == (72, 22)
    assert held == [(5, 5), (5, 5), (4, 14), *[(2, 12)] * 4]
