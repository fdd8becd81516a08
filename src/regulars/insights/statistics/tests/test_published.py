"""The published figures of the papers and those that come with the data sets, on the real purchases."""

import csv
import gzip
import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regulars.insights.statistics import bg_nbd, gamma_gamma
from regulars.insights.statistics.backtest import backtest

pytestmark = pytest.mark.data

Days = dict[str, dict[date, float]]
"""Value by customer and day: a purchase is a customer-day."""


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text())


def table(path: Path) -> dict[str, np.ndarray]:
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def split(days: Days, until: date) -> dict[str, np.ndarray]:
    """Histories in weeks through `until`, and purchases and spend of each of these customers after it."""
    rows: dict[str, list[float]] = defaultdict(list)
    for bought in days.values():
        before = sorted(day for day in bought if day <= until)
        if not before:
            continue
        after = [value for day, value in bought.items() if day > until]
        rows["x"].append(len(before) - 1)
        rows["t_x"].append((before[-1] - before[0]).days / 7)
        rows["T"].append((until - before[0]).days / 7)
        rows["zbar"].append(float(np.mean([bought[day] for day in before[1:]])) if len(before) > 1 else 0.0)
        rows["came"].append(len(after))
        rows["spent"].append(sum(after))
    return {name: np.array(column) for name, column in rows.items()}


@pytest.fixture
def cdnow(data_dir: Path) -> Path:
    return data_dir / "cdnow"


@pytest.fixture
def cdnow_days(cdnow: Path) -> Days:
    days: Days = defaultdict(lambda: defaultdict(float))
    with gzip.open(cdnow / "transactions.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            days[row["customer_id"]][date.fromisoformat(row["date"])] += float(row["value"])
    return days


def test_bg_nbd_of_the_cdnow_sample_is_the_published_one(cdnow: Path) -> None:
    sample = table(cdnow / "sample_summary.csv.gz")
    found = bg_nbd.fit(sample["x"], sample["t_x"], sample["T"])
    assert found.converged
    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    refit = expected(cdnow)["computed"]["bgnbd_refit"]
    assert found.log_likelihood == pytest.approx(refit["loglik"], abs=1e-4)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(found, name) == pytest.approx(refit[name], abs=5e-5), name


def test_gamma_gamma_of_the_cdnow_sample_is_the_published_one(cdnow: Path) -> None:
    sample = table(cdnow / "sample_summary.csv.gz")
    again = sample["x"] > 0
    found = gamma_gamma.fit(sample["x"][again], sample["zbar"][again])
    assert found.customers == 946
    assert [found.p, found.q, found.gamma] == pytest.approx([6.25, 3.74, 15.44], abs=0.01)
    assert found.mean_value == pytest.approx(35.2, abs=0.05)
    refit = expected(cdnow)["computed"]["gamma_gamma_refit"]
    assert found.log_likelihood == pytest.approx(refit["loglik"], abs=1e-3)
    for name in ("p", "q", "gamma"):
        assert getattr(found, name) == pytest.approx(refit[name], rel=1e-4), name


def test_every_customer_of_the_cdnow_sample_gets_the_published_models_figures(cdnow: Path) -> None:
    sample, wanted = table(cdnow / "sample_summary.csv.gz"), table(cdnow / "expected_per_customer.csv.gz")
    x, t_x, T = sample["x"], sample["t_x"], sample["T"]
    published = bg_nbd.Params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    value = gamma_gamma.Params(p=6.25, q=3.74, gamma=15.44)
    # half a unit of the last printed digit
    coming = bg_nbd.expected_purchases(published, 39, x, t_x, T)
    assert coming == pytest.approx(wanted["expected_purchases_next_39_weeks"], abs=5.1e-5, rel=5e-4)
    assert bg_nbd.p_alive(published, x, t_x, T) == pytest.approx(wanted["p_alive"], abs=5.1e-5)
    own = gamma_gamma.expected_value(value, x, sample["zbar"])
    assert own == pytest.approx(wanted["expected_average_value"], abs=5.1e-3)
    total = expected(cdnow)["computed"]["sample"]["bgnbd_predicted_repeat_in_39_week_holdout"]
    refit = bg_nbd.fit(x, t_x, T)
    assert bg_nbd.expected_purchases(refit, 39, x, t_x, T).sum() == pytest.approx(total, abs=1.0)


def test_whole_cdnow_cohort_and_its_forecast(cdnow: Path, cdnow_days: Days) -> None:
    wanted = expected(cdnow)["computed"]["full_cohort_bgnbd_refit"]
    shop = split(cdnow_days, date(1997, 9, 30))
    x, t_x, T = shop["x"], shop["t_x"], shop["T"]
    frequency = bg_nbd.fit(x, t_x, T)
    assert frequency.customers == wanted["customers"]
    assert frequency.log_likelihood == pytest.approx(wanted["loglik"], abs=0.006)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(frequency, name) == pytest.approx(wanted[name], abs=6e-6), name
    valued = (x > 0) & (shop["zbar"] > 0)
    value = gamma_gamma.fit(x[valued], shop["zbar"][valued])
    found = backtest(
        frequency, value, x, t_x, T, 39, shop["came"], zbar=shop["zbar"], actual_spend=shop["spent"], draws=1000
    )
    assert found.predicted_purchases == pytest.approx(wanted["predicted_39_weeks"], abs=0.06)
    assert found.actual_purchases == wanted["actual_39_weeks"]
    # The interval must hold on people, not only on the model's own draws.
    assert found.coverage_spend is not None
    assert found.coverage_spend >= 0.94
    assert found.coverage_purchases >= 0.95


def test_online_retail_where_nobody_seems_to_leave(data_dir: Path) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    folder = data_dir / "online-retail"
    wanted = expected(folder)["bgnbd_computed"]
    rows = pq.read_table(folder / "transactions.parquet")
    clean = (
        pc.is_valid(rows["customer_id"])
        .to_numpy()
        .__and__(~pc.starts_with(rows["invoice"].cast("string"), "C").to_numpy())
        .__and__((rows["quantity"].to_numpy() > 0) & (rows["unit_price"].to_numpy() > 0))
    )
    rows = rows.filter(clean)
    days: Days = defaultdict(lambda: defaultdict(float))
    values = rows["quantity"].to_numpy() * rows["unit_price"].to_numpy()
    moments = rows["invoice_date"].to_numpy().astype("datetime64[D]").tolist()
    for customer, day, worth in zip(rows["customer_id"].to_pylist(), moments, values, strict=True):
        days[str(customer)][day] += float(worth)
    shop = split(days, date.fromisoformat(wanted["calibration_end"]))
    x, t_x, T = shop["x"], shop["t_x"], shop["T"]
    found = bg_nbd.fit(x, t_x, T)
    assert found.customers == wanted["customers"]
    assert found.converged
    # a and b are not told apart here: the likelihood and the forecast are what can be compared
    assert found.log_likelihood == pytest.approx(wanted["loglik"], abs=0.02)
    assert [found.r, found.alpha] == pytest.approx([wanted["r"], wanted["alpha"]], rel=1e-3)
    coming = bg_nbd.expected_purchases(found, wanted["holdout_weeks"], x, t_x, T)
    assert coming.sum() == pytest.approx(wanted["predicted_repeat_in_holdout"], rel=1e-3)
    assert shop["came"].sum() == wanted["actual_repeat_in_holdout"]
    assert np.abs(coming - shop["came"]).mean() == pytest.approx(wanted["mae_per_customer"], abs=0.002)
