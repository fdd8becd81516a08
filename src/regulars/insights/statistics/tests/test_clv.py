"""Predicted CLV, its interval, and the backtest."""

import numpy as np
import pytest

from regulars.insights.statistics import bg_nbd, gamma_gamma
from regulars.insights.statistics.backtest import backtest
from regulars.insights.statistics.clv import Horizon, predict
from regulars.insights.statistics.errors import BadInput, NotEnoughData

FREQUENCY = bg_nbd.Params(r=0.243, alpha=4.414, a=0.793, b=2.426)
VALUE = gamma_gamma.Params(p=6.25, q=3.74, gamma=15.44)
YEAR = Horizon.of_months(12, unit_days=7, annual_discount_rate=0.10)

ROSA, NICO, LENA = (6, 36.0, 38.86, 40.0), (0, 0.0, 2.0, 0.0), (3, 8.0, 38.86, 25.0)
CAST = tuple(np.array(column) for column in zip(ROSA, NICO, LENA, strict=True))


def histories(
    customers: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Customers watched for 39 weeks and then for 39 more: x, t_x, T, zbar, purchases and spend of the second half."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(FREQUENCY.r, 1 / FREQUENCY.alpha, customers)
    dropout = rng.beta(FREQUENCY.a, FREQUENCY.b, customers)
    nu = rng.gamma(VALUE.q, 1 / VALUE.gamma, customers)
    table = np.zeros((5, customers))
    for i in range(customers):
        clock, own = 0.0, []
        while (clock := clock + rng.exponential(1 / rate[i])) <= 78:
            spent = rng.gamma(VALUE.p, 1 / nu[i])
            if clock <= 39:
                own.append(spent)
                table[1, i] = clock
            else:
                table[3, i] += 1
                table[4, i] += spent
            if rng.random() < dropout[i]:
                break
        table[0, i] = len(own)
        table[2, i] = np.mean(own) if own else 0.0
    return table[0].astype(int), table[1], np.full(customers, 39.0), table[2], table[3], table[4]


def test_clv_is_the_discounted_sum_over_the_months() -> None:
    x, t_x, T, zbar = CAST
    found = predict(FREQUENCY, VALUE, x, t_x, T, zbar, YEAR, margin=0.4)
    by_hand = np.zeros(3)
    before = np.zeros(3)
    for month in range(1, 13):
        until = bg_nbd.expected_purchases(FREQUENCY, month * 30.4375 / 7, x, t_x, T)
        by_hand += (until - before) / 1.10 ** (month / 12)
        before = until
    value = gamma_gamma.expected_value(VALUE, x, zbar)
    assert found.clv == pytest.approx(0.4 * value * by_hand, rel=1e-9)
    assert found.expected_purchases == pytest.approx(before, rel=1e-9)
    assert found.expected_value == pytest.approx(value)
    assert found.p_alive == pytest.approx(bg_nbd.p_alive(FREQUENCY, x, t_x, T))
    # Rosa is worth more than Nico, and Nico more than Lena, who left
    assert found.clv[0] > found.clv[1] > found.clv[2] > 0


def test_discount_takes_away_and_margin_scales() -> None:
    x, t_x, T, zbar = CAST
    plain = predict(FREQUENCY, VALUE, x, t_x, T, zbar, Horizon.of_months(12, 7, 0.0))
    discounted = predict(FREQUENCY, VALUE, x, t_x, T, zbar, YEAR)
    half = predict(FREQUENCY, VALUE, x, t_x, T, zbar, YEAR, margin=0.5)
    assert (discounted.clv < plain.clv).all()
    assert (discounted.clv > plain.clv / 1.1).all()
    for name in ("clv", "clv_low", "clv_high"):
        assert getattr(half, name) == pytest.approx(getattr(discounted, name) / 2)


def test_interval_is_that_of_the_plain_simulation() -> None:
    # given Rosa's future played 200,000 times step by step
    x, t_x, T, zbar = ROSA
    n = 200_000
    rng = np.random.default_rng(1)
    bought = bg_nbd.simulate(FREQUENCY, 39, x, t_x, T, draws=n, seed=2)[0]
    nu = rng.gamma(VALUE.q + VALUE.p * x, 1 / (VALUE.gamma + x * zbar), n)
    spend = np.where(bought > 0, rng.gamma(VALUE.p * np.maximum(bought, 1)) / nu, 0.0)
    # when the interval is read
    found = predict(FREQUENCY, VALUE, x, t_x, T, zbar, Horizon.of_time(39), draws=100_000)
    # then it is the same one
    low, high = np.quantile(spend, [0.025, 0.975])
    assert found.clv_low == pytest.approx([low], abs=0.5)
    assert found.clv_high == pytest.approx([high], rel=0.02)
    assert found.clv == pytest.approx([spend.mean()], rel=0.02)


def test_interval_of_a_customer_does_not_depend_on_who_else_is_asked_for() -> None:
    x, t_x, T, zbar = CAST
    together = predict(FREQUENCY, VALUE, x, t_x, T, zbar, YEAR)
    for who in range(3):
        alone = predict(FREQUENCY, VALUE, x[who], t_x[who], T[who], zbar[who], YEAR)
        assert alone.clv_low is not None
        assert together.clv_low is not None
        assert alone.clv_high is not None
        assert together.clv_high is not None
        assert (alone.clv_low[0], alone.clv_high[0]) == (together.clv_low[who], together.clv_high[who])


def test_customer_who_left_has_nothing_to_come_and_the_best_one_more_than_nothing() -> None:
    found = predict(FREQUENCY, VALUE, [30, 200], [3.0, 155.0], [38.86, 156.0], [10.0, 10.0], YEAR)
    assert found.clv_low is not None
    assert found.clv_high is not None
    assert found.clv_low[0] == found.clv_high[0] == 0
    assert 0 < found.clv_low[1] < found.clv[1] < found.clv_high[1]


def test_purchases_free_of_charge_are_valued_at_the_shops_mean() -> None:
    found = predict(FREQUENCY, VALUE, [2, 2], [20.0, 20.0], [30.0, 30.0], [0.0, 30.0], YEAR)
    assert found.expected_value[0] == pytest.approx(VALUE.mean_value)
    assert found.clv_high is not None
    assert found.clv_high[0] > 0


def test_without_draws_there_is_no_interval() -> None:
    found = predict(FREQUENCY, VALUE, *CAST, YEAR, draws=0)
    assert found.clv_low is None
    assert found.clv_high is None


def test_edges_stay_finite() -> None:
    x, t_x, T = [0, 0, 10_000, 1], [0.0, 0.0, 3650.0, 1e8], [0.0, 1e9, 3650.0, 1e9]
    found = predict(FREQUENCY, VALUE, x, t_x, T, [0.0, 0.0, 1e9, 1e-9], YEAR)
    for name in ("p_alive", "expected_purchases", "expected_value", "clv", "clv_low", "clv_high"):
        assert np.isfinite(getattr(found, name)).all(), name
        assert (getattr(found, name) >= 0).all(), name


def test_values_without_a_mean_are_refused() -> None:
    with pytest.raises(NotEnoughData):
        predict(FREQUENCY, gamma_gamma.Params(2.0, 0.9, 10.0), *CAST, YEAR)


@pytest.mark.parametrize("margin", [-0.1, float("nan")])
def test_margin_must_be_a_share(margin: float) -> None:
    with pytest.raises(BadInput, match="margin"):
        predict(FREQUENCY, VALUE, *CAST, YEAR, margin=margin)


@pytest.mark.parametrize(("months", "unit_days", "rate"), [(0, 7, 0.1), (12, 0, 0.1), (12, 7, -1.0)])
def test_horizon_must_be_possible(months: int, unit_days: float, rate: float) -> None:
    with pytest.raises(BadInput):
        Horizon.of_months(months, unit_days, rate)


@pytest.mark.parametrize("t", [0.0, float("inf")])
def test_span_must_be_possible(t: float) -> None:
    with pytest.raises(BadInput):
        Horizon.of_time(t)


def test_backtest_of_a_shop_that_is_as_the_models_say() -> None:
    x, t_x, T, zbar, came, spent = histories(6000, seed=3)
    again = x > 0
    frequency, value = bg_nbd.fit(x, t_x, T), gamma_gamma.fit(x[again], zbar[again])
    found = backtest(frequency, value, x, t_x, T, 39, came, zbar=zbar, actual_spend=spent)
    assert found.customers == 6000
    assert found.actual_purchases == came.sum()
    assert found.actual_spend == pytest.approx(spent.sum())
    assert found.predicted_purchases == pytest.approx(came.sum(), rel=0.10)
    assert found.predicted_spend == pytest.approx(spent.sum(), rel=0.12)
    # where the lower end is 0 nothing can lie below it: 97.5 %; and whole numbers cannot be cut exactly
    assert 0.965 <= found.coverage_purchases <= 0.995
    assert found.coverage_spend == pytest.approx(0.975, abs=0.006)
    # a better forecast than that everybody does the mean
    assert found.mae_purchases < np.abs(came - came.mean()).mean()
    assert found.mae_spend is not None
    assert found.mae_spend < np.abs(spent - spent.mean()).mean()


def test_backtest_sees_that_nothing_came() -> None:
    x, t_x, T, zbar = (np.tile(column, 50) for column in CAST)
    found = backtest(FREQUENCY, VALUE, x, t_x, T, 39, np.zeros(150), zbar=zbar, actual_spend=np.zeros(150))
    expected = bg_nbd.expected_purchases(FREQUENCY, 39, x, t_x, T)
    assert found.actual_purchases == 0
    assert found.mae_purchases == pytest.approx(expected.mean())
    assert found.predicted_purchases == pytest.approx(expected.sum())


def test_backtest_without_values_is_silent_about_spend() -> None:
    x, t_x, T, _ = CAST
    found = backtest(FREQUENCY, None, x, t_x, T, 39, [4, 1, 0])
    assert found.predicted_spend is found.actual_spend is found.mae_spend is found.coverage_spend is None
    assert found.coverage_purchases == 1.0


def test_backtest_refuses_what_does_not_fit() -> None:
    x, t_x, T, _ = CAST
    with pytest.raises(BadInput, match="actual_purchases"):
        backtest(FREQUENCY, None, x, t_x, T, 39, [1, 2])
    with pytest.raises(BadInput, match="at least one"):
        backtest(FREQUENCY, None, [], [], [], 39, [])
