"""The difference between two randomised arms, with an interval that is valid at every look.

Customers are assigned to *treated* or *holdout* at random; their outcomes become known one after the other. The interval
is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Time-uniform central
limit theory and asymptotic confidence sequences, Annals of Statistics 52(6), Theorem 2.2, whose boundary is Robbins'
(1970) normal mixture: with probability of at least 95 % it covers the true difference at *all* looks together, so that
one may look every day and stop when it excludes 0. A fixed-sample interval looked at daily does not keep its promise.

    centre ± s · sqrt( 2 (n ρ² + 1) / (n² ρ²) · ln( sqrt(n ρ² + 1) / α ) ),    s² = n · (s₁²/n₁ + s₀²/n₀)

n is the number of customers in both arms, s² the variance of the influence function of the difference of means, ρ is
fixed beforehand (`RHO`, tightest near `TUNED_FOR` customers). Revenue is adjusted for what the customer bought before
(CUPED: Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data, WSDM), with one slope from within the arms.

All functions take plain numbers or arrays that hold one look each; outcomes and differences are in the unit of y.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ALPHA = 0.05
TUNED_FOR = 5_000
RHO = math.sqrt((-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA)) + 1) / TUNED_FOR)
"""Waudby-Smith et al. (2024), appendix on tuning: the ρ for which the boundary is tightest at `TUNED_FOR` customers."""
POWER_Z = 0.8416212335729143
"""The standard normal quantile of 80 %."""
LEAST_IN_ARM = 50
LEAST_WITH_OUTCOME = 10
"""Customers in the smaller arm, and customers of both arms with an outcome other than 0, before an interval is given: the
theory is asymptotic, and below this the variance of a rare outcome is not known."""
FOREVER = 10**9


@dataclass(frozen=True)
class Sums:
    """Sums over the customers of one arm: n customers, `hits` with y ≠ 0, y, y², covariate x, x², x·y. Numbers or arrays."""

    n: Any
    hits: Any
    y: Any
    yy: Any
    x: Any = 0.0
    xx: Any = 0.0
    xy: Any = 0.0


@dataclass(frozen=True)
class Difference:
    """Treated minus holdout, per customer, one entry a look.

    estimate: nan where an arm is empty. low, high: nan where there are too few customers for an interval. variance:
    of the influence function (n times the squared standard error). slope: of the adjustment, 0 without covariate.
    """

    n: Array
    treated: Array
    holdout: Array
    estimate: Array
    low: Array
    high: Array
    variance: Array
    slope: Array

    @property
    def standard_error(self) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.sqrt(self.variance / self.n))


def boundary(n: Any) -> Array:
    """Half the width of the sequence after n customers, for a variance of 1."""
    n = np.maximum(np.asarray(n, dtype=np.float64), 1.0)
    grown = n * RHO**2 + 1
    return np.asarray(np.sqrt(2 * grown / (n**2 * RHO**2) * np.log(np.sqrt(grown) / ALPHA)))


def difference(treated: Sums, holdout: Sums, *, adjust: bool = True) -> Difference:
    """The difference of the arms' means with its confidence sequence; adjusted for x where x varies and `adjust`."""
    n1, n0 = _array(treated.n), _array(holdout.n)
    n = n1 + n0
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = _slope(treated, holdout) if adjust else np.zeros_like(n)
        x_mean = (_array(treated.x) + _array(holdout.x)) / n
        mean1, own1 = _adjusted(treated, slope, x_mean)
        mean0, own0 = _adjusted(holdout, slope, x_mean)
        pooled = ((n1 - 1) * own1 + (n0 - 1) * own0) / (n - 2)
        # The smaller arm knows the variance of a rare or long-tailed outcome worst, and too low where it has not yet seen
        # any. Neither arm is believed to vary less than both together.
        variance = n * (np.maximum(own1, pooled) / n1 + np.maximum(own0, pooled) / n0)
        estimate = mean1 - mean0
        half = np.sqrt(variance) * boundary(n)
    enough = (np.minimum(n1, n0) >= LEAST_IN_ARM) & (_array(treated.hits) + _array(holdout.hits) >= LEAST_WITH_OUTCOME)
    half = np.where(enough, half, np.nan)
    return Difference(n, mean1, mean0, estimate, estimate - half, estimate + half, variance, slope)


def _array(value: Any) -> Array:
    return np.atleast_1d(np.asarray(value, dtype=np.float64))


def _within(one: Sums) -> tuple[Array, Array]:
    """Sum of products and of squares of x around the arm's mean: (Sxy, Sxx)."""
    n, x = np.maximum(_array(one.n), 1.0), _array(one.x)
    return _array(one.xy) - x * _array(one.y) / n, np.maximum(_array(one.xx) - x * x / n, 0.0)


def _slope(treated: Sums, holdout: Sums) -> Array:
    (xy1, xx1), (xy0, xx0) = _within(treated), _within(holdout)
    xy, xx = xy1 + xy0, xx1 + xx0
    scale = np.maximum(_array(treated.xx) + _array(holdout.xx), 1e-300)
    return np.where(xx > 1e-9 * scale, xy / np.where(xx > 0, xx, 1.0), 0.0)


def _adjusted(one: Sums, slope: Array, x_mean: Array) -> tuple[Array, Array]:
    """Mean and variance (n − 1) of y − slope · (x − mean x of both arms)."""
    n = _array(one.n)
    xy, xx = _within(one)
    squares = _array(one.yy) - _array(one.y) ** 2 / n - 2 * slope * xy + slope**2 * xx
    return _array(one.y) / n - slope * (_array(one.x) / n - x_mean), np.maximum(squares, 0.0) / (n - 1)


def customers_needed(effect: float, variance: float) -> int | None:
    """Customers in both arms after which the sequence would exclude 0 if `effect` is the truth; None beyond 10⁹."""
    return _first(lambda n: math.sqrt(variance) * float(boundary(n)) < abs(effect)) if effect and variance > 0 else None


def smallest_visible(customers: int, holdout_share: float, variance_of_outcome: float) -> float | None:
    """The smallest difference per customer that `customers` would prove with 80 % probability; None without holdout.

    variance_of_outcome: of one customer's outcome, such as past revenue in a window of the same length.
    """
    if customers < 2 * LEAST_IN_ARM or not 0 < holdout_share < 1:
        return None
    variance = variance_of_outcome * (1 / (1 - holdout_share) + 1 / holdout_share)
    return math.sqrt(variance) * (float(boundary(customers)) + POWER_Z / math.sqrt(customers))


def _first(holds: Any) -> int | None:
    low, high = 1, 2
    while not holds(high):
        low, high = high, high * 2
        if high > FOREVER:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def sample_ratio_p(treated: int, holdout: int, holdout_share: float) -> float:
    """The p-value of the observed split under the planned one (chi-square, one degree of freedom).

    Below 0.001 the assignment itself is broken (Fabijan et al. (2019), Diagnosing sample ratio mismatch, KDD).
    """
    total = treated + holdout
    if not total or not 0 < holdout_share < 1:
        return 1.0
    expected = total * holdout_share
    statistic = (holdout - expected) ** 2 / (expected * (1 - holdout_share))
    return math.erfc(math.sqrt(statistic / 2))
