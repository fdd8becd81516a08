"""Scores: fitted, exported, written into the profiles; and the sweeps that keep them and the overview."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.segments.models import CustomerProfile
from regulars.insights import facts, kept, kpis, scores, snapshot, summary, sweeps
from regulars.insights.models import ModelFit
from regulars.insights.periods import Period
from regulars.insights.statistics import bg_nbd
from regulars.insights.warehouse import open_snapshot

TRUE = bg_nbd.Params(r=0.6, alpha=6.0, a=0.8, b=2.5)


@pytest.fixture
def busy_shop(shop: Any, write_orders: Any) -> Any:
    """300 customers drawn from a BG/NBD, observed for 1 to 60 weeks until 31 May 2026; Nico bought twice on one day only."""
    rng = np.random.default_rng(7)
    age = rng.integers(7, 420, 300) / 7
    x, t_x = bg_nbd.simulate_customers(TRUE, age, seed=7, days=7)
    end = date(2026, 5, 31)
    rows: list[tuple[str | None, str, int]] = []
    for n, (weeks, repeats, last) in enumerate(zip(age, x, t_x, strict=True)):
        first = end - timedelta(days=round(weeks * 7))
        span = round(last * 7)
        later = [*rng.choice(np.arange(1, span), repeats - 1, replace=False), span] if repeats else []
        for offset in [0, *later]:
            value = int(rng.gamma(4, 900)) + 100
            rows.append((f"C{n:03d}", f"{first + timedelta(days=int(offset))} 12:00", value))
    rows += [("nico", "2026-05-20 09:00", 1000), ("nico", "2026-05-20 19:00", 500), ("rosa", "2026-05-31 12:00", 700)]
    write_orders(shop, rows)
    return shop


def test_a_fit_is_stored_with_its_backtest(busy_shop: Any, now: datetime) -> None:
    made = scores.fit(busy_shop, None, "week", now=now)

    frequency, value = made["models"]
    assert (frequency["key"], value["key"]) == ("bg_nbd", "gamma_gamma")
    assert frequency["customers"] == 302
    stored = ModelFit._base_manager.get(shop=busy_shop, key="bg_nbd")
    assert stored.params == frequency["params"]
    assert (stored.until, stored.unit, stored.fitted_at) == (date(2026, 5, 31), "week", now)
    told = made["backtest"]
    assert stored.backtest == told
    assert told["until"] == "2026-05-31"
    assert sum(point["actual"] for point in told["track"]) == told["actual_purchases"] > 20
    assert sum(point["predicted"] for point in told["track"]) == pytest.approx(told["predicted_purchases"], rel=1e-6)
    assert told["coverage_purchases"] > 0.9


def test_until_counts_the_day_and_backtests_what_came_after(busy_shop: Any, now: datetime) -> None:
    made = scores.fit(busy_shop, date(2026, 2, 28), "day", now=now)

    told = made["backtest"]
    assert (told["fitted_until"], told["until"], told["horizon"]) == ("2026-02-28", "2026-05-31", 92.0)
    with scope(shop=busy_shop):
        found = scores.at(busy_shop, date(2026, 2, 28), now=now)
    assert found.summary.T(1).min() >= 0
    assert len(found.summary) == made["models"][0]["customers"]


def test_a_purchase_is_a_customer_day(busy_shop: Any, now: datetime, tmp_path: Path) -> None:
    scores.fit(busy_shop, None, "week", now=now)
    scores.export(busy_shop, None, tmp_path / "scores.csv", now=now)

    with (tmp_path / "scores.csv").open() as file:
        reader = csv.DictReader(file)
        rows = {row["customer"]: row for row in reader}
    assert tuple(reader.fieldnames or ()) == scores.EXPORT_COLUMNS
    nico = rows["nico"]
    assert (nico["frequency"], nico["monetary"], nico["x"], nico["t_x"], nico["recency_days"]) == (
        "2",
        "15.00",
        "0",
        "0",
        "12",
    )
    assert float(nico["T"]) == pytest.approx(11 / 7, rel=1e-5)
    assert rows["rosa"]["recency_days"] == "1"
    for row in rows.values():
        assert 0 <= float(row["p_alive"]) <= 1
        assert float(row["clv_low"]) <= float(row["clv_high"])
        assert float(row["clv"]) >= 0


def test_without_a_fit_scores_are_empty_not_zero(busy_shop: Any, now: datetime, tmp_path: Path) -> None:
    scores.export(busy_shop, None, tmp_path / "scores.csv", now=now)

    with (tmp_path / "scores.csv").open() as file:
        row = next(csv.DictReader(file))
    assert [row[name] for name in ("p_alive", "expected_orders", "clv", "clv_low", "clv_high")] == [""] * 5
    assert int(row["frequency"]) >= 1
    [predicted] = kpis.compute(busy_shop, date(2026, 5, 1), date(2026, 6, 1), ["clv_predicted"], now=now)
    assert (predicted.value, predicted.reason) == (None, "no_fit")


def test_the_figures_of_all_are_the_sums_of_each_customers_scores(busy_shop: Any, now: datetime) -> None:
    scores.fit(busy_shop, date(2026, 4, 17), "week", now=now)
    ends = [date(2025, 9, 1), date(2026, 1, 1), date(2026, 3, 10), date(2026, 5, 20), date(2026, 6, 20)]
    periods = [Period(end - timedelta(days=30), end) for end in ends]
    asked = kpis.chosen(["clv_predicted", "churn_risk"])

    found = kpis.compute_periods(busy_shop, periods, asked, now=now)

    for place, end in enumerate(ends):
        each = scores.at(busy_shop, min(end - timedelta(days=1), date(2026, 5, 31)), now=now, draws=0)
        again = each.summary.x() > 0
        value, risk = found[place], found[len(ends) + place]
        assert (value.denominator, risk.denominator) == (len(each.summary), again.sum())
        assert 10 < risk.denominator < value.denominator
        assert float(value.value) == pytest.approx(each.clv.mean(), abs=0.0001)
        assert float(value.numerator) == pytest.approx(each.clv.sum(), abs=0.0001)
        assert risk.value == pytest.approx(each.churn_risk[again].mean(), rel=1e-12)


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 20), date(2026, 5, 31)])
def test_a_summary_is_the_same_from_months_as_from_orders(busy_shop: Any, now: datetime, day: date) -> None:
    with open_snapshot(at := facts.fresh(busy_shop, now)) as warehouse:
        found = warehouse.rows(f"SELECT * FROM ({summary.sql_through(at, day)}) ORDER BY customer_id")
        orders = f"(SELECT * FROM orders WHERE day <= DATE '{day}')"
        counted = facts.SPAN_SELECT.format(month=day, orders=orders)
        assert found == warehouse.rows(f"SELECT * EXCLUDE (month) FROM ({counted}) ORDER BY customer_id")
    assert len(found) > 200


def test_too_little_to_fit_is_refused_with_the_reason(shop: Any, write_orders: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="no counted orders"):
        scores.fit(shop, None, "week", now=now)
    write_orders(shop, [("rosa", "2026-05-01 10:00", 100), ("nico", "2026-05-01 10:00", 100)])
    with pytest.raises(Refused, match="no model can be fitted"):
        scores.fit(shop, None, "week", now=now)
    with pytest.raises(Refused, match="unit must be one of"):
        scores.fit(shop, None, "fortnight", now=now)
    assert not ModelFit._base_manager.exists()


def test_the_sweeps_keep_facts_fit_and_profiles_and_then_rest(busy_shop: Any, now: datetime) -> None:
    from regulars.decide.segments import profiles

    with scope(shop=busy_shop):
        profiles.refresh(busy_shop, now)
        assert sweeps.fit_daily(busy_shop, now) == 0  # there are no facts yet
        assert sweeps.keep_facts(busy_shop, now) == 1
        assert sweeps.fit_daily(busy_shop, now) == 1
        assert sweeps.score_all(busy_shop, now) == 302
        assert sweeps.keep_facts(busy_shop, now) == 1  # the fit belongs on the overview
        again = now + timedelta(minutes=5)
        assert [run(busy_shop, again) for run in (sweeps.keep_facts, sweeps.fit_daily, sweeps.score_all)] == [0, 0, 0]
        tomorrow = now + timedelta(days=1)
        assert sweeps.fit_daily(busy_shop, tomorrow) == 1
        assert sweeps.score_all(busy_shop, tomorrow) == 302

    nico = CustomerProfile._base_manager.get(customer__number="nico")
    assert nico.churn_risk is None
    assert nico.p_alive == 1
    assert (nico.r, nico.scored_at) == (5, tomorrow)
    regular = CustomerProfile._base_manager.filter(shop=busy_shop).order_by("-orders").first()
    assert regular.churn_risk == pytest.approx(1 - regular.p_alive)
    assert regular.clv_low <= regular.clv <= regular.clv_high


def test_the_overview_reads_kept_figures_and_not_the_records(
    busy_shop: Any,
    write_orders: Any,
    now: datetime,
    django_assert_max_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scope(shop=busy_shop):
        first = kept.board_of(busy_shop, "90", now)
        assert first is not None
        write_orders(busy_shop, [("rosa", "2026-06-01 12:00", 900)])
        monkeypatch.setattr(facts, "fresh", lambda *_: pytest.fail("a page must not build facts"))
        monkeypatch.setattr(kpis, "compute_periods", lambda *_: pytest.fail("a page must not compute figures"))
        with django_assert_max_num_queries(4):
            shown = kept.board_of(busy_shop, "90", now)
        assert shown is not None
        assert shown.said == first.said
        assert not snapshot.is_fresh(busy_shop)


def test_the_overview_of_a_shop_without_orders_is_empty(shop: Any, now: datetime) -> None:
    with scope(shop=shop):
        assert sweeps.keep_facts(shop, now) == 1
        assert sweeps.keep_facts(shop, now) == 0
        assert kept.board_of(shop, "90", now) is None
