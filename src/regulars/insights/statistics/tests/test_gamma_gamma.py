"""Gamma-Gamma: published example, the likelihood against differences, recovery, edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from regulars.insights.statistics import gamma_gamma
from regulars.insights.statistics.errors import BadInput, NotEnoughData

PUBLISHED = gamma_gamma.Params(p=6.25, q=3.74, gamma=15.44)
"""Fader, Hardie (2013): 946 repeat buyers of CDNOW, dollars."""

params = st.builds(gamma_gamma.Params, p=st.floats(0.2, 60.0), q=st.floats(0.2, 60.0), gamma=st.floats(0.1, 500.0))
purchases = st.lists(st.tuples(st.integers(1, 80), st.floats(0.01, 1e4)), min_size=1, max_size=30)


def equation_1a(p: gamma_gamma.Params, x: np.ndarray, zbar: np.ndarray) -> float:
    """The log-likelihood as the note prints it."""
    whole = p.gamma + x * zbar
    terms = -np.log(zbar) - betaln(p.p * x, p.q) + p.q * np.log(p.gamma / whole) + p.p * x * np.log(x * zbar / whole)
    return float(terms.sum())


def shop(params: gamma_gamma.Params, customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.4, customers)
    nu = rng.gamma(params.q, 1 / params.gamma, customers)
    return x, rng.gamma(params.p * x, 1 / (nu * x))


def test_published_customers_are_worth_what_was_published() -> None:
    # customer 1 of CDNOW: two repeat purchases of 22.35 on average; and one without any
    assert gamma_gamma.expected_value(PUBLISHED, [2, 0], [22.35, 0.0]) == pytest.approx([24.66, 35.22], abs=0.005)
    assert PUBLISHED.mean_value == pytest.approx(35.2, abs=0.05)


@given(params, purchases)
@settings(max_examples=60, deadline=None)
def test_likelihood_is_equation_1a_and_its_derivatives_are_its_differences(
    p: gamma_gamma.Params, drawn: list[tuple[int, float]]
) -> None:
    x, zbar = np.array([row[0] for row in drawn]), np.array([row[1] for row in drawn])
    evaluate = gamma_gamma.likelihood(x, zbar)
    theta = np.log([p.p, p.q, p.gamma])
    value, gradient, hessian = evaluate(theta)
    assert value == pytest.approx(equation_1a(p, x, zbar), rel=1e-8, abs=1e-6)
    step = 1e-5
    size = 1 + abs(value)
    for k in range(3):
        move = np.zeros(3)
        move[k] = step
        up, down = evaluate(theta + move), evaluate(theta - move)
        assert gradient[k] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-5, abs=1e-7 * size)
        assert hessian[k] == pytest.approx((up[1] - down[1]) / (2 * step), rel=1e-5, abs=1e-7 * size)


@given(purchases, st.data())
@settings(max_examples=30, deadline=None)
def test_weights_count_as_so_many_customers(drawn: list[tuple[int, float]], data: st.DataObject) -> None:
    times = data.draw(st.lists(st.integers(1, 4), min_size=len(drawn), max_size=len(drawn)))
    x, zbar = np.array([row[0] for row in drawn]), np.array([row[1] for row in drawn])
    theta = np.log([6.0, 4.0, 15.0])
    weighted = gamma_gamma.likelihood(x, zbar, np.array(times, dtype=float))(theta)
    plain = gamma_gamma.likelihood(np.repeat(x, times), np.repeat(zbar, times))(theta)
    for one, other in zip(weighted, plain, strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-9, abs=1e-9)


def test_fit_finds_the_parameters_of_a_simulated_shop() -> None:
    x, zbar = shop(PUBLISHED, 100_000, 3)
    found = gamma_gamma.fit(x, zbar)
    assert found.converged
    assert found.boundary == ()
    assert found.customers == 100_000
    assert [found.p, found.q, found.gamma] == pytest.approx([6.25, 3.74, 15.44], rel=0.05)
    assert found.mean_value == pytest.approx(PUBLISHED.mean_value, rel=0.01)


def test_large_set_started_from_a_part_ends_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    x, zbar = shop(PUBLISHED, 4000, 4)
    weight = np.ones(4000)
    whole = gamma_gamma.fit(x, zbar)
    monkeypatch.setattr(gamma_gamma, "SUBSAMPLE", 300)
    for started in (gamma_gamma.fit(x, zbar), gamma_gamma.fit(x, zbar, weight)):
        assert [started.p, started.q, started.gamma] == pytest.approx([whole.p, whole.q, whole.gamma], rel=1e-6)


def test_the_currency_changes_gamma_alone() -> None:
    x, zbar = shop(PUBLISHED, 3000, 5)
    money, cents = gamma_gamma.fit(x, zbar), gamma_gamma.fit(x, zbar * 100)
    assert [cents.p, cents.q, cents.gamma / 100] == pytest.approx([money.p, money.q, money.gamma], rel=1e-6)


@given(params, st.integers(1, 10_000), st.floats(0.01, 1e6))
@settings(deadline=None)
def test_expected_value_lies_between_the_own_mean_and_the_shops(p: gamma_gamma.Params, x: int, zbar: float) -> None:
    if p.q <= 1.001:
        return
    expected = gamma_gamma.expected_value(p, x, zbar)[0]
    low, high = sorted([zbar, p.mean_value])
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


def test_purchases_free_of_charge_count_as_not_seen() -> None:
    expected = gamma_gamma.expected_value(PUBLISHED, [3, 0], [0.0, float("nan")])
    assert expected == pytest.approx([PUBLISHED.mean_value] * 2)


def test_equal_values_are_refused() -> None:
    with pytest.raises(NotEnoughData) as refused:
        gamma_gamma.fit([1, 2] * 50, [20.0] * 100)
    assert refused.value.reason == "no_variation"


def test_customers_who_each_always_spend_the_same_are_expected_to_go_on() -> None:
    # given customers of different means whose own purchases hardly vary: the more were seen, the nearer to the own mean
    rng = np.random.default_rng(9)
    own = 60.0 / rng.gamma(4.0, size=2000)
    x = rng.integers(1, 30, 2000)
    found = gamma_gamma.fit(x, own)
    expected = gamma_gamma.expected_value(found, x, own)
    assert found.converged
    assert found.p > 50
    assert expected[x > 10] == pytest.approx(own[x > 10], rel=0.05)


@pytest.mark.parametrize(("x", "zbar"), [([], []), ([1], [5.0])])
def test_too_little_is_refused_with_its_reason(x: list[int], zbar: list[float]) -> None:
    with pytest.raises(NotEnoughData) as refused:
        gamma_gamma.fit(x, zbar)
    assert refused.value.reason == "customers"
    assert (refused.value.have, refused.value.need) == (len(x), gamma_gamma.MINIMUM_CUSTOMERS)


def test_values_without_a_mean_are_refused_and_not_made_up() -> None:
    wide = gamma_gamma.Params(p=2.0, q=0.8, gamma=10.0)
    with pytest.raises(NotEnoughData) as refused:
        gamma_gamma.expected_value(wide, [0, 2], [0.0, 10.0])
    assert refused.value.reason == "no_mean"
    with pytest.raises(NotEnoughData):
        _ = wide.mean_value
    # who bought again has a mean of his own
    assert gamma_gamma.expected_value(wide, [2], [10.0]) == pytest.approx([2.0 * 30.0 / (4.0 - 0.2)])


@pytest.mark.parametrize(
    ("x", "zbar", "message"),
    [
        ([0], [1.0], "x at position 0 is below 1"),
        ([1.5], [1.0], "x at position 0 is not a whole"),
        ([10**7], [1.0], "x at position 0 is not a whole number below a million"),
        ([1], [0.0], "zbar at position 0 is not above 0"),
        ([1], [-1.0], "zbar at position 0 is negative"),
        ([1], [float("nan")], "zbar at position 0 is not a finite"),
        ([1, 1], [1.0], "of one length"),
    ],
)
def test_impossible_purchases_are_named(x: list[float], zbar: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        gamma_gamma.fit(x, zbar)


def test_impossible_values_are_named_when_predicting() -> None:
    with pytest.raises(BadInput, match="zbar at position 1 is negative"):
        gamma_gamma.expected_value(PUBLISHED, [1, 1], [1.0, -1.0])
    with pytest.raises(BadInput, match="as long as x"):
        gamma_gamma.expected_value(PUBLISHED, [1, 1], [1.0])
    with pytest.raises(BadInput, match="whole number"):
        gamma_gamma.expected_value(PUBLISHED, [1.5], [1.0])


@pytest.mark.parametrize("name", ["p", "q", "gamma"])
def test_params_must_be_positive_numbers(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        gamma_gamma.Params(**({"p": 1.0, "q": 1.0, "gamma": 1.0} | {name: 0.0}))


def test_gamma_functions_of_large_shapes_keep_their_digits() -> None:
    # lnΓ(s+2)/Γ(s) is ln s(s+1), and psi(s+2) - psi(s) is 1/s + 1/(s+1), at any size
    shape = np.array([0.5, 99.0, 101.0, 1e4, 1e8])
    log_ratio, difference = gamma_gamma._from_shape_to(shape, 2.0)
    assert log_ratio == pytest.approx(np.log(shape) + np.log(shape + 1), rel=1e-12)
    assert difference == pytest.approx(1 / shape + 1 / (shape + 1), rel=1e-9)
