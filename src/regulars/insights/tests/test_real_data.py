"""Published and computed figures of real shops: every month, every cohort cell, every customer."""

import csv
import gzip
import json
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.core.models import Shop
from regulars.insights import kpis, scores

pytestmark = pytest.mark.data


def online_retail(data_dir: Path) -> list[tuple[str | None, str, int]]:
    """Orders as the preset `uci_online_retail` makes them: no C or A invoice, quantity and price above 0, lines to the penny."""
    from pyarrow.parquet import read_table

    orders: dict[str, list[Any]] = {}
    for row in read_table(data_dir / "online-retail" / "transactions.parquet").to_pylist():
        if row["invoice"][0] in "CA" or row["quantity"] <= 0 or row["unit_price"] <= 0:
            continue
        pence = Decimal(str(row["unit_price"])) * row["quantity"] * 100
        order = orders.setdefault(row["invoice"], [None, str(row["invoice_date"])[:19], 0])
        order[0] = str(int(row["customer_id"])) if row["customer_id"] is not None else order[0]
        order[1] = min(order[1], str(row["invoice_date"])[:19])
        order[2] += int(pence.quantize(Decimal(1), ROUND_HALF_UP))
    return [(customer, moment, value) for customer, moment, value in orders.values()]


@pytest.mark.slow
def test_online_retail(db: None, write_orders: Any, data_dir: Path, tmp_path: Path, now: datetime) -> None:
    shop = Shop.objects.create(slug="uk", name="UK", currency="GBP", timezone="Europe/London")
    write_orders(shop, online_retail(data_dir))
    expected = json.loads((data_dir / "online-retail" / "expected.json").read_text())

    keys = ["identified_orders", "identified_revenue", "customers", "new_customers", "cohort_retention"]
    found = kpis.compute(shop, date(2010, 12, 1), date(2012, 1, 1), keys, "month", now=now)

    months = {(one.key, f"{one.period.start:%Y-%m}"): one for one in found if one.period}
    assert len(months) == 4 * 13
    for month, said in expected["monthly"].items():
        assert months["identified_orders", month].value == said["orders"]
        assert months["customers", month].value == said["customers"]
        assert months["new_customers", month].value == said["new_customers"]
        # The published prices have a few tenths of a penny; a line is rounded to the penny.
        assert abs(float(months["identified_revenue", month].value) - said["revenue"]) < 0.05
    cohorts = next(one.as_json()["cohorts"] for one in found if one.key == "cohort_retention")
    assert {month: cohort["active"] for month, cohort in cohorts.items()} == expected[
        "cohort_active_customers_by_months_since_first_order"
    ]
    assert (cohorts["2010-12"]["size"], cohorts["2010-12"]["active"][1]) == (885, 324)

    [whole] = kpis.compute(shop, date(2010, 12, 1), date(2011, 12, 10), ["orders_per_customer"], now=now)
    assert (whole.numerator, whole.denominator) == (expected["clean"]["orders"], expected["clean"]["customers"])

    scores.export(shop, None, tmp_path / "scores.csv", now=now)
    with gzip.open(data_dir / "online-retail" / "expected_rfm.csv.gz", "rt") as file:
        said = {row["customer_id"]: row for row in csv.DictReader(file)}
    with (tmp_path / "scores.csv").open() as file:
        got = {row["customer"]: row for row in csv.DictReader(file)}
    assert len(got) == 4338
    assert got.keys() == said.keys()
    for customer, row in said.items():
        assert int(got[customer]["recency_days"]) == int(row["recency_days"])
        assert int(got[customer]["frequency"]) == int(row["frequency"])
        assert abs(float(got[customer]["monetary"]) - float(row["monetary"])) < 0.02 * int(row["frequency"]) + 0.05
    assert {row["clv"] for row in got.values()} == {""}

    made = scores.fit(shop, date(2011, 8, 31), "week", now=now)
    reference = expected["bgnbd_computed"]
    assert made["models"][0]["customers"] == reference["customers"]
    assert made["models"][0]["log_likelihood"] >= reference["loglik"] - 0.01
    assert made["backtest"]["predicted_purchases"] == pytest.approx(reference["predicted_repeat_in_holdout"], rel=0.001)
    assert made["backtest"]["actual_purchases"] == reference["actual_repeat_in_holdout"]


def cdnow(path: Path) -> list[tuple[str, str, int]]:
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    customer = "customer_id" if "customer_id" in rows[0] else "id"
    return [(row[customer], row["date"], round(float(row["value"]) * 100)) for row in rows]


@pytest.mark.slow
def test_cdnow_master(db: None, write_orders: Any, data_dir: Path, tmp_path: Path, now: datetime) -> None:
    shop = Shop.objects.create(slug="cdnow", name="CDNOW", currency="USD", timezone="America/New_York")
    write_orders(shop, cdnow(data_dir / "cdnow" / "transactions.csv.gz"))
    expected = json.loads((data_dir / "cdnow" / "expected.json").read_text())["computed"]

    made = scores.fit(shop, date(1997, 9, 30), "week", now=now)

    reference = expected["full_cohort_bgnbd_refit"]
    model = made["models"][0]
    assert model["customers"] == reference["customers"]
    assert {name: round(value, 4) for name, value in model["params"].items()} == {
        name: round(reference[name], 4) for name in ("r", "alpha", "a", "b")
    }
    assert round(model["log_likelihood"], 2) == reference["loglik"]
    assert round(made["backtest"]["predicted_purchases"], 1) == reference["predicted_39_weeks"]
    assert made["backtest"]["actual_purchases"] == reference["actual_39_weeks"]
    assert made["backtest"]["coverage_purchases"] > 0.9

    [revenue] = kpis.compute(shop, date(1997, 1, 1), date(1998, 7, 1), ["revenue"], now=now)
    assert revenue.value == Decimal(str(expected["master"]["value_sum"]))

    assert scores.export(shop, date(1997, 9, 30), tmp_path / "scores.csv", now=now) == 23570
    with (tmp_path / "scores.csv").open() as file:
        first = next(csv.DictReader(file))
    assert (first["customer"], first["x"], first["T"]) == ("00001", "0", "38.8571")


def test_cdnow_sample(db: None, write_orders: Any, data_dir: Path, now: datetime) -> None:
    shop = Shop.objects.create(slug="cdnow", name="CDNOW", currency="USD", timezone="America/New_York")
    write_orders(shop, cdnow(data_dir / "cdnow" / "sample_tenth.csv.gz"))
    published = json.loads((data_dir / "cdnow" / "expected.json").read_text())["published"]

    made = scores.fit(shop, date(1997, 9, 30), "week", now=now)

    frequency, value = made["models"]
    assert {name: round(got, 3) for name, got in frequency["params"].items()} == {
        name: published["bgnbd"][name] for name in ("r", "alpha", "a", "b")
    }
    assert round(frequency["log_likelihood"], 1) == published["bgnbd"]["loglik"]
    assert value["customers"] == published["gamma_gamma"]["customers"]
    for name in ("p", "q", "gamma"):
        assert value["params"][name] == pytest.approx(published["gamma_gamma"][name], rel=0.002)
