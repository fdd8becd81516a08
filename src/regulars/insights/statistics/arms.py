"""Several arms side by side: an interval for each, and whether one is better than all others.

Shares get the score interval of Wilson (1927), their difference the hybrid score interval of Newcombe (1998), Interval
estimation for the difference between independent proportions, Statistics in Medicine 17, 873-890 (method 10). Means get
the normal interval with the variances of the arms. Where k arms are compared, each of the k (k − 1) / 2 differences
is held to 1 − 0.05 / number (Bonferroni), so that of equal arms one is called better at most once in twenty tests.

The intervals are right for one look, at a moment that was fixed beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from regulars.insights.figures import wilson

LEAST_FOR_MEAN = 30
LEAST_WITH_OUTCOME = 10
"""Customers in an arm, and customers with an outcome other than 0, before a mean gets an interval: the theory is asymptotic, and
below this the variance of a rare outcome is not known."""


@dataclass(frozen=True)
class ArmSums:
    """n customers of one arm, the sum of their outcomes and of the squares; a share: outcomes 0 and 1, so total = squares.
    hits: customers with an outcome other than 0, for means.
    """

    n: int
    total: float
    squares: float
    hits: int = 0


@dataclass(frozen=True)
class Compared:
    """value, low, high: of each arm, None without customers. leader: place of the highest value, None where no arm has one.

    is_proven: the leader is better than every other arm. low_lead, high_lead: the interval of its lead over the second.
    """

    values: Sequence[float | None]
    intervals: Sequence[tuple[float, float] | None]
    leader: int | None
    is_proven: bool
    lead: float | None = None
    low_lead: float | None = None
    high_lead: float | None = None


def compare(arms: Sequence[ArmSums], *, is_share: bool) -> Compared:
    """The arms side by side. With equal values the first one leads, unproven."""
    values = [arm.total / arm.n if arm.n else None for arm in arms]
    z = NormalDist().inv_cdf(0.975)
    intervals = [_interval(arm, z, is_share) for arm in arms]
    known = [(value, -place) for place, value in enumerate(values) if value is not None]
    if not known:
        return Compared(values, intervals, None, False)
    leader = -max(known)[1]
    pairs = len(arms) * (len(arms) - 1) / 2
    if len(known) < 2:
        return Compared(values, intervals, leader, False)
    strict = NormalDist().inv_cdf(1 - 0.025 / pairs)
    second = -max(pair for pair in known if -pair[1] != leader)[1]
    differences = {
        place: _difference(arms[leader], arms[place], strict, is_share) for place in range(len(arms)) if place != leader
    }
    is_proven = all(found is not None and found[0] > 0 for found in differences.values())
    low, high = differences[second] or (None, None)
    lead = float(values[leader] or 0) - float(values[second] or 0)
    return Compared(values, intervals, leader, is_proven, lead, low, high)


def _interval(arm: ArmSums, z: float, is_share: bool) -> tuple[float, float] | None:
    if is_share:
        return wilson(arm.total, arm.n, z) if arm.n else None
    if arm.n < LEAST_FOR_MEAN or arm.hits < LEAST_WITH_OUTCOME:
        return None
    mean, half = arm.total / arm.n, z * sqrt(_variance(arm) / arm.n)
    return mean - half, mean + half


def _variance(arm: ArmSums) -> float:
    return max(arm.squares - arm.total**2 / arm.n, 0.0) / (arm.n - 1)


def _difference(one: ArmSums, other: ArmSums, z: float, is_share: bool) -> tuple[float, float] | None:
    """The interval of the first arm's value minus the second's; None where one has too few customers."""
    if is_share:
        if not one.n or not other.n:
            return None
        p, q = one.total / one.n, other.total / other.n
        (low_p, high_p), (low_q, high_q) = wilson(one.total, one.n, z), wilson(other.total, other.n, z)
        return (
            p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2),
            p - q + sqrt((high_p - p) ** 2 + (q - low_q) ** 2),
        )
    if min(one.n, other.n) < LEAST_FOR_MEAN or one.hits + other.hits < LEAST_WITH_OUTCOME:
        return None
    middle = one.total / one.n - other.total / other.n
    half = z * sqrt(_variance(one) / one.n + _variance(other) / other.n)
    return middle - half, middle + half
