"""The interval of an effect keeps its promise at every look, and agrees with the figures of a real experiment."""

import csv
import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regulars.insights.statistics import confidence
from regulars.insights.statistics.confidence import Difference, Sums


def sums(y: Any, x: Any | None = None) -> Sums:
    y = np.asarray(y, dtype=float)
    x = np.zeros_like(y) if x is None else np.asarray(x, dtype=float)
    return Sums(len(y), (y != 0).sum(), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum())


def test_the_boundary_is_the_published_formula() -> None:
    # given ρ as tuned, when the boundary is taken after 5,000 customers
    rho, n, alpha = confidence.RHO, 5000, 0.05
    expected = math.sqrt(2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / alpha))
    # then it is formula (Theorem 2.2), wider than the fixed-sample 1.96 / √n and not twice as wide
    assert float(confidence.boundary(n)) == pytest.approx(expected)
    assert 1.96 / math.sqrt(n) < expected < 2 * 1.96 / math.sqrt(n)


def looks_of_one_run(
    rng: np.random.Generator, *, rate: float, holdout: float, size: int, adjust: bool, lift: float = 0.0
) -> Difference:
    """One made-up measure: rare, long-tailed revenue that leans on past revenue, looked at after every 25 customers."""
    is_treated = rng.random(size) >= holdout
    x = np.where(rng.random(size) < 0.3, rng.lognormal(3.5, 1, size), 0)
    y = np.where(rng.random(size) < rate * (1 + (x > 0)), rng.lognormal(3.5, 1, size), 0) + lift * is_treated
    looks = np.arange(50, size + 1, 25) - 1

    def upto(mask: Any) -> Sums:
        def total(values: Any) -> Any:
            return np.cumsum(np.where(mask, values, 0.0))[looks]

        return Sums(total(1.0), total((y != 0) * 1.0), total(y), total(y * y), total(x), total(x * x), total(x * y))

    return confidence.difference(upto(is_treated), upto(~is_treated), adjust=adjust)


@pytest.mark.parametrize(
    ("rate", "holdout", "size", "adjust"),
    [(0.02, 0.1, 8000, False), (0.02, 0.1, 8000, True), (0.1, 0.5, 3000, True), (0.005, 0.2, 8000, False)],
)
def test_no_effect_is_covered_at_all_looks_together_in_95_percent_of_measures(
    rate: float, holdout: float, size: int, adjust: bool
) -> None:
    # given 300 measures without effect, each looked at hundreds of times
    rng = np.random.default_rng(20240229)
    runs, missed, looked = 300, 0, 0
    for _ in range(runs):
        found = looks_of_one_run(rng, rate=rate, holdout=holdout, size=size, adjust=adjust)
        given = ~np.isnan(found.low)
        looked += int(given.sum())
        missed += bool(np.any((found.low[given] > 0) | (found.high[given] < 0)))
    # then at most 5 % of them ever exclude the truth, and intervals were really given
    assert looked > runs * 50
    assert missed / runs <= 0.05


def test_a_fixed_interval_looked_at_so_often_would_break_its_promise() -> None:
    # given the same measures without effect, when the usual 1.96 standard errors are looked at each time
    rng = np.random.default_rng(7)
    missed = 0
    for _ in range(200):
        found = looks_of_one_run(rng, rate=0.1, holdout=0.5, size=3000, adjust=False)
        given = ~np.isnan(found.low)
        missed += bool(np.any(np.abs(found.estimate[given]) > 1.96 * found.standard_error[given]))
    # then far more than 5 % are declared proven at some look
    assert missed / 200 > 0.15


def test_what_customers_bought_before_narrows_the_interval_and_leaves_the_estimate_true() -> None:
    # given outcomes that follow past revenue closely, and a true effect of 5
    rng = np.random.default_rng(3)
    x = rng.lognormal(3, 0.8, 6000)
    y = 0.8 * x + rng.normal(0, 4, 6000)
    treated, holdout = sums(y[:4000] + 5, x[:4000]), sums(y[4000:], x[4000:])
    plain, adjusted = confidence.difference(treated, holdout, adjust=False), confidence.difference(treated, holdout)
    # then the adjusted interval is less than half as wide, holds 5, and the slope is found
    assert adjusted.slope[0] == pytest.approx(0.8, abs=0.02)
    assert adjusted.high[0] - adjusted.low[0] < 0.5 * (plain.high[0] - plain.low[0])
    assert adjusted.low[0] < 5 < adjusted.high[0]
    assert adjusted.low[0] > 0


def test_without_enough_customers_there_is_an_estimate_but_no_interval() -> None:
    few = confidence.difference(sums([1.0] * 5 + [0.0] * 95), sums([1.0] * 5 + [0.0] * 44))
    assert few.estimate[0] == pytest.approx(5 / 100 - 5 / 49)
    assert np.isnan(few.low[0])
    assert np.isnan(few.high[0])


def test_customers_needed_is_the_first_number_that_would_exclude_zero() -> None:
    needed = confidence.customers_needed(0.02, 0.5)
    assert needed is not None
    assert math.sqrt(0.5) * float(confidence.boundary(needed)) < 0.02
    assert math.sqrt(0.5) * float(confidence.boundary(needed - 1)) >= 0.02
    assert confidence.customers_needed(0.0, 0.5) is None


def test_the_smallest_visible_effect_is_proven_in_about_four_of_five_measures() -> None:
    # given the smallest effect visible with 3,000 customers, half of them held out, of unit variance
    smallest = confidence.smallest_visible(3000, 0.5, 1.0)
    assert smallest is not None
    rng = np.random.default_rng(11)
    proven = 0
    for _ in range(400):
        y = rng.normal(0, 1, 3000)
        found = confidence.difference(sums(y[:1500] + smallest), sums(y[1500:]))
        proven += bool(found.low[0] > 0)
    assert 0.74 <= proven / 400 <= 0.86
    # more customers see more, and without holdout nothing is seen
    bigger = confidence.smallest_visible(30_000, 0.5, 1.0)
    assert bigger is not None
    assert bigger < smallest
    assert confidence.smallest_visible(3000, 0.0, 1.0) is None


def test_a_split_that_is_not_the_planned_one_is_seen() -> None:
    assert confidence.sample_ratio_p(9000, 1000, 0.1) == pytest.approx(1.0)
    assert confidence.sample_ratio_p(9000, 1200, 0.1) < 0.001
    assert confidence.sample_ratio_p(0, 0, 0.1) == 1.0


@pytest.mark.data
def test_hillstroms_experiment(data_dir: Path) -> None:
    # given 64,000 customers of a real retailer, sent a mail at random
    folder = data_dir / "hillstrom"
    expected = json.loads((folder / "expected.json").read_text())
    arms: dict[str, dict[str, list[float]]] = {}
    with gzip.open(folder / "hillstrom.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            arm = arms.setdefault(row["segment"], {"visit": [], "conversion": [], "spend": [], "history": []})
            for name in arm:
                arm[name].append(float(row[name]))
    control = arms["No E-Mail"]
    for name in ("Mens E-Mail", "Womens E-Mail"):
        for outcome in ("visit", "conversion", "spend"):
            known = expected["effects_vs_no_email"][name][outcome]
            found = confidence.difference(sums(arms[name][outcome]), sums(control[outcome]), adjust=False)
            # then the differences are the published ones, the standard error at least the published (never flattered)
            assert found.estimate[0] == pytest.approx(known["difference"], abs=1e-6)
            assert known["standard_error"] * 0.999 <= found.standard_error[0] <= known["standard_error"] * 1.35
            # and the sequence, valid at every look, is wider than the fixed interval and still proves what is strong
            assert found.low[0] < known["ci95"][0]
            assert found.high[0] > known["ci95"][1]
            assert found.low[0] > 0 or known["z"] < 4.5
        treated = len(arms[name]["visit"])
        assert confidence.sample_ratio_p(treated, len(control["visit"]), 0.5) > 0.3
    adjusted = confidence.difference(
        sums(arms["Mens E-Mail"]["spend"], arms["Mens E-Mail"]["history"]), sums(control["spend"], control["history"])
    )
    assert adjusted.low[0] > 0
