"""BG/NBD: published examples, the likelihood against differences, recovery, edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, gammaln, hyp2f1

from regulars.insights.statistics import bg_nbd
from regulars.insights.statistics.counts import compress
from regulars.insights.statistics.errors import BadInput, NotEnoughData

PUBLISHED = bg_nbd.Params(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie, Lee (2005), table 2: CDNOW, weeks."""

params = st.builds(
    bg_nbd.Params,
    r=st.floats(0.05, 20.0),
    alpha=st.floats(0.05, 200.0),
    a=st.floats(0.01, 20.0),
    b=st.floats(0.05, 50.0),
)
histories = st.tuples(st.integers(0, 60), st.floats(0.01, 1.0), st.floats(0.1, 500.0)).map(
    lambda drawn: (drawn[0], drawn[1] * drawn[2] if drawn[0] else 0.0, drawn[2])
)


def equation_6(p: bg_nbd.Params, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> float:
    """The log-likelihood as the paper prints it."""
    first = betaln(p.a, p.b + x) - betaln(p.a, p.b) + gammaln(p.r + x) - gammaln(p.r) + p.r * np.log(p.alpha)
    still = -(p.r + x) * np.log(p.alpha + T)
    left = np.log(p.a) - np.log(p.b + np.maximum(x, 1) - 1) - (p.r + x) * np.log(p.alpha + t_x)
    return float((first + np.where(x > 0, np.logaddexp(still, left), still)).sum())


def equation_10(p: bg_nbd.Params, t: float, x: float, t_x: float, T: float) -> float:
    series = hyp2f1(p.r + x, p.b + x, p.a + p.b + x - 1, t / (p.alpha + T + t))
    growth = ((p.alpha + T) / (p.alpha + T + t)) ** (p.r + x)
    left = (p.a / (p.b + x - 1)) * ((p.alpha + T) / (p.alpha + t_x)) ** (p.r + x) if x else 0.0
    return float((p.a + p.b + x - 1) / (p.a - 1) * (1 - growth * series) / (1 + left))


def shop(seed: int = 1, customers: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    T = np.random.default_rng(seed).integers(180, 274, customers) / 7
    x, t_x = bg_nbd.simulate_customers(PUBLISHED, T, seed=seed, days=7)
    return x, t_x, T


def test_published_customer_is_expected_to_buy_1_226_times() -> None:
    expected = bg_nbd.expected_purchases(PUBLISHED, 39, 2, 30.43, 38.86)
    assert expected == pytest.approx([1.226], abs=5e-4)
    assert bg_nbd.p_alive(PUBLISHED, 2, 30.43, 38.86) == pytest.approx([0.7266], abs=5e-5)


def test_new_customer_expectation_is_equation_9() -> None:
    p = PUBLISHED
    for t in (1.0, 39.0, 400.0, 4000.0):
        closed = (
            (p.a + p.b - 1)
            / (p.a - 1)
            * (1 - (p.alpha / (p.alpha + t)) ** p.r * hyp2f1(p.r, p.b, p.a + p.b - 1, t / (p.alpha + t)))
        )
        assert bg_nbd.expected_purchases_new(p, t) == pytest.approx([closed], rel=1e-8)
    # given out of order, answered in the order given
    assert bg_nbd.expected_purchases_new(p, [39.0, 1.0])[0] == pytest.approx(bg_nbd.expected_purchases_new(p, 39.0)[0])


@given(params, histories, st.floats(0.1, 200.0))
@settings(max_examples=100, deadline=None)
def test_expectation_is_equation_10(p: bg_nbd.Params, history: tuple[int, float, float], t: float) -> None:
    x, t_x, T = history
    # The closed form loses its digits near its poles and for large exponents; the quadrature has neither.
    if abs(p.a - 1) < 0.01 or abs(p.a + p.b + x - 1) < 0.01 or p.r + p.b + x > 40 or t / (p.alpha + T + t) > 0.9:
        return
    closed = equation_10(p, t, x, t_x, T)
    assert bg_nbd.expected_purchases(p, t, x, t_x, T)[0] == pytest.approx(closed, rel=1e-6, abs=1e-9)


def test_expectation_is_whole_at_the_poles_of_the_closed_form() -> None:
    def at(a: float, b: float) -> float:
        return float(bg_nbd.expected_purchases(bg_nbd.Params(0.5, 5.0, a, b), 39, 0, 0.0, 10.0)[0])

    assert at(1.0, 2.0) == pytest.approx((at(1 - 1e-5, 2.0) + at(1 + 1e-5, 2.0)) / 2, rel=1e-8)
    assert at(0.4, 0.6) == pytest.approx((at(0.4, 0.6 - 1e-5) + at(0.4, 0.6 + 1e-5)) / 2, rel=1e-8)


@given(params, st.lists(histories, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_likelihood_is_equation_6_and_its_derivatives_are_its_differences(
    p: bg_nbd.Params, drawn: list[tuple[int, float, float]]
) -> None:
    x, t_x, T = (np.array(column) for column in zip(*drawn, strict=True))
    evaluate = bg_nbd.likelihood(compress(x, t_x, T))
    theta = np.log([p.r, p.alpha, p.a, p.b])
    value, gradient, hessian = evaluate(theta)
    assert value == pytest.approx(equation_6(p, x, t_x, T), rel=1e-9, abs=1e-8)
    step = 1e-5
    for k in range(4):
        move = np.zeros(4)
        move[k] = step
        up, down = evaluate(theta + move), evaluate(theta - move)
        size = 1 + abs(value)
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-5, abs=1e-8 * size)
        assert hessian[k] == pytest.approx((up[1] - down[1]) / (2 * step), rel=1e-5, abs=1e-8 * size)


@given(params, st.integers(1, 60), st.floats(0.0, 100.0), st.lists(st.floats(0.0, 300.0), min_size=2, max_size=6))
@settings(deadline=None)
def test_p_alive_is_a_probability_and_falls_with_silence(
    p: bg_nbd.Params, x: int, t_x: float, silence: list[float]
) -> None:
    T = t_x + np.sort(silence)
    alive = bg_nbd.p_alive(p, np.full(T.size, x), np.full(T.size, t_x), T)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) <= 1e-12).all()


@given(params, histories)
@settings(deadline=None)
def test_expectation_grows_with_time_and_its_months_add_up(p: bg_nbd.Params, history: tuple[int, float, float]) -> None:
    ends = np.array([0.0, 1.0, 4.0, 52.0, 300.0])
    x, t_x, T = history
    months = bg_nbd.expected_by_month(p, ends, x, t_x, T)[0]
    assert months[0] == 0
    assert (months >= -1e-12).all()
    assert months.sum() == pytest.approx(bg_nbd.expected_purchases(p, 300.0, x, t_x, T)[0], rel=1e-7, abs=1e-12)


def test_one_purchase_says_nothing_about_leaving() -> None:
    assert bg_nbd.p_alive(PUBLISHED, [0, 0], [0.0, 0.0], [0.0, 1e6]).tolist() == [1.0, 1.0]


def test_fit_finds_the_parameters_of_a_simulated_shop() -> None:
    T = np.random.default_rng(5).uniform(30, 100, 60_000)
    truth = bg_nbd.Params(r=0.6, alpha=8.0, a=0.9, b=3.0)
    x, t_x = bg_nbd.simulate_customers(truth, T, seed=5)
    found = bg_nbd.fit(x, t_x, T)
    assert found.converged
    assert found.boundary == ()
    assert found.customers == 60_000
    assert [found.r, found.alpha] == pytest.approx([0.6, 8.0], rel=0.05)
    assert [found.a, found.b] == pytest.approx([0.9, 3.0], rel=0.12)


def test_fit_is_where_no_step_gains() -> None:
    x, t_x, T = shop()
    found = bg_nbd.fit(x, t_x, T)
    _, gradient, hessian = bg_nbd.likelihood(compress(x, t_x, T))(np.log([found.r, found.alpha, found.a, found.b]))
    assert np.abs(gradient).max() < 1e-5
    assert (np.linalg.eigvalsh(hessian) < 0).all()


def test_weights_count_as_so_many_customers() -> None:
    x, t_x, T = shop()
    times = np.random.default_rng(2).integers(1, 4, x.size)
    weighted = bg_nbd.fit(x, t_x, T, times)
    plain = bg_nbd.fit(np.repeat(x, times), np.repeat(t_x, times), np.repeat(T, times))
    assert weighted.customers == plain.customers == times.sum()
    assert weighted.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    for name in ("r", "alpha", "a", "b"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name), rel=1e-7)


def test_the_unit_of_time_changes_alpha_alone() -> None:
    x, t_x, T = shop()
    weeks, days = bg_nbd.fit(x, t_x, T), bg_nbd.fit(x, np.rint(t_x * 7), np.rint(T * 7))
    assert [days.r, days.alpha / 7, days.a, days.b] == pytest.approx([weeks.r, weeks.alpha, weeks.a, weeks.b], rel=1e-6)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7), rel=1e-10)


def test_large_set_started_from_a_part_ends_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    T = np.random.default_rng(4).uniform(20, 60, 3000)
    x, t_x = bg_nbd.simulate_customers(PUBLISHED, T, seed=4)
    whole = bg_nbd.fit(x, t_x, T)
    monkeypatch.setattr(bg_nbd, "SUBSAMPLE", 200)
    started = bg_nbd.fit(x, t_x, T)
    assert [started.r, started.alpha, started.a, started.b] == pytest.approx(
        [whole.r, whole.alpha, whole.a, whole.b], rel=1e-6
    )


def test_shop_that_nobody_leaves_says_that_a_is_not_told_from_0() -> None:
    T = np.random.default_rng(6).uniform(30, 60, 5000)
    rng = np.random.default_rng(7)
    rate = rng.gamma(2.0, 0.1, 5000)
    x = rng.poisson(rate * T)
    t_x = np.where(x > 0, T * rng.random(5000) ** (1 / np.maximum(x, 1)), 0.0)
    found = bg_nbd.fit(x, t_x, T)
    assert found.converged
    # the share that leaves after a purchase
    assert found.a / (found.a + found.b) < 0.005
    assert [found.r, found.alpha] == pytest.approx([2.0, 10.0], rel=0.1)


def test_equal_customers_end_at_a_bound_and_not_in_nan() -> None:
    found = bg_nbd.fit(np.full(200, 3), np.full(200, 20.0), np.full(200, 21.0))
    assert found.converged
    assert np.isfinite(found.log_likelihood)
    assert "r" in found.boundary or "alpha" in found.boundary or "a" in found.boundary
    expected = bg_nbd.expected_purchases(found, 21.0, 3, 20.0, 21.0)[0]
    assert expected == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize(
    ("x", "customers", "reason"),
    [([0] * 500, 500, "repeat_buyers"), ([1], 1, "customers"), ([1] * 9 + [0] * 100, 109, "repeat_buyers")],
)
def test_too_little_is_refused_with_its_reason(x: list[int], customers: int, reason: str) -> None:
    t_x = np.where(np.array(x) > 0, 3.0, 0.0)
    with pytest.raises(NotEnoughData) as refused:
        bg_nbd.fit(x, t_x, np.full(customers, 30.0))
    assert refused.value.reason == reason
    assert refused.value.have is not None
    assert refused.value.need is not None
    assert refused.value.have < refused.value.need


def test_no_customers_at_all_is_refused() -> None:
    with pytest.raises(NotEnoughData):
        bg_nbd.fit([], [], [])


def test_figures_stay_right_for_ten_thousand_purchases_and_ages_without_end() -> None:
    x, t_x, T = [10_000, 10_000, 1, 0], [3650.0, 3649.0, 1.0, 0.0], [3650.0, 3650.0, 1e9, 1e9]
    alive = bg_nbd.p_alive(PUBLISHED, x, t_x, T)
    expected = bg_nbd.expected_purchases(PUBLISHED, 365, x, t_x, T)
    assert np.isfinite(alive).all()
    assert np.isfinite(expected).all()
    # 2.74 purchases a day for ten years: 1,000 in a year less the few that a dropout of 1 in 12,600 costs
    assert expected[0] == pytest.approx(1000, rel=0.05)
    assert expected[0] < 1000
    assert alive[2] < 1e-4
    assert 0 <= expected[3] < 1e-6
    months = bg_nbd.expected_by_month(PUBLISHED, np.arange(1, 13) * 30.4375, x, t_x, T)
    assert (months >= 0).all()


def test_fit_takes_a_customer_of_ten_thousand_purchases() -> None:
    x, t_x, T = shop()
    x[0], t_x[0] = 10_000, T[0]
    found = bg_nbd.fit(x, t_x, T)
    assert found.converged
    assert np.isfinite([found.r, found.alpha, found.a, found.b, found.log_likelihood]).all()


def test_draws_have_the_expectation_and_are_repeatable() -> None:
    x, t_x, T = [2, 0, 10, 4], [30.43, 0.0, 38.0, 2.0], [38.86] * 4
    drawn = bg_nbd.simulate(PUBLISHED, 39, x, t_x, T, draws=60_000, seed=8)
    assert drawn.shape == (4, 60_000)
    assert drawn.min() == 0
    error = drawn.std(axis=1) / np.sqrt(60_000)
    assert (np.abs(drawn.mean(axis=1) - bg_nbd.expected_purchases(PUBLISHED, 39, x, t_x, T)) < 4 * error).all()
    again = bg_nbd.simulate(PUBLISHED, 39, x, t_x, T, draws=60_000, seed=8)
    assert (drawn == again).all()


def test_draws_by_month_add_up_to_the_expectation_of_each_month() -> None:
    ends = np.array([4.0, 13.0, 52.0])
    drawn = bg_nbd.draw_if_alive(PUBLISHED, 3, 20.0, ends, (60_000,), np.random.default_rng(3))
    by_state, _ = bg_nbd.expected_if_alive(PUBLISHED, ends, np.array([3]), np.array([20.0]))
    error = drawn.std(axis=1) / np.sqrt(60_000)
    assert (np.abs(drawn.mean(axis=1) - by_state[0]) < 4 * error).all()


def test_simulated_histories_in_days_are_histories_in_days() -> None:
    x, t_x, T = shop()
    assert ((x == 0) == (t_x == 0)).all()
    assert (t_x <= T).all()
    assert (np.rint(t_x * 7) / 7 == t_x).all()
    assert (x <= np.rint(t_x * 7)).all()  # at most one purchase a day


@pytest.mark.parametrize("name", ["r", "alpha", "a", "b"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_params_must_be_positive_numbers(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=name):
        bg_nbd.Params(**({"r": 1.0, "alpha": 1.0, "a": 1.0, "b": 1.0} | {name: value}))


@pytest.mark.parametrize("t", [-1.0, float("nan"), float("inf")])
def test_horizon_must_be_a_time(t: float) -> None:
    with pytest.raises(BadInput, match="t must"):
        bg_nbd.expected_purchases(PUBLISHED, t, 1, 1.0, 2.0)
    with pytest.raises(BadInput):
        bg_nbd.simulate(PUBLISHED, t, 1, 1.0, 2.0)
