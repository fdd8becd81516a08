"""Arms side by side: published values, and the promise that equal arms are seldom called different."""

import random

import pytest

from regulars.insights.statistics.arms import ArmSums, compare


def share(hits: int, n: int) -> ArmSums:
    return ArmSums(n, hits, hits)


def test_the_published_interval_of_a_difference_of_shares() -> None:
    # given 56 of 70 and 48 of 80: Newcombe (1998), table II, example (a), method 10
    found = compare([share(56, 70), share(48, 80)], is_share=True)
    # then the interval of the difference is his
    assert found.lead == pytest.approx(0.2)
    assert (found.low_lead, found.high_lead) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert (found.leader, found.is_proven) == (0, True)


def test_a_lead_that_is_none() -> None:
    assert not compare([share(10, 200), share(12, 200)], is_share=True).is_proven
    assert compare([share(10, 200), share(10, 200)], is_share=True).leader == 0  # equal: the first
    assert compare([share(0, 0), share(0, 0)], is_share=True).leader is None
    assert compare([share(0, 0), share(3, 10)], is_share=True).leader == 1
    assert not compare([share(0, 0), share(9, 10)], is_share=True).is_proven


def test_the_leader_must_beat_every_other_arm() -> None:
    arms = [share(30, 1000), share(90, 1000), share(85, 1000)]
    assert not compare(arms, is_share=True).is_proven
    assert compare([share(30, 1000), share(140, 1000), share(85, 1000)], is_share=True).is_proven


def test_means_need_customers() -> None:
    few = [ArmSums(10, 100.0, 1100.0), ArmSums(10, 900.0, 81100.0)]
    found = compare(few, is_share=False)
    assert (found.leader, found.is_proven, found.intervals) == (1, False, [None, None])
    many = [ArmSums(1000, 10_000.0, 110_000.0, 900), ArmSums(1000, 12_000.0, 154_000.0, 900)]
    found = compare(many, is_share=False)
    assert (found.leader, found.is_proven) == (1, True)
    rare = compare([ArmSums(1000, 0.0, 0.0, 0), ArmSums(1000, 900.0, 90_000.0, 9)], is_share=False)
    assert (rare.is_proven, rare.intervals) == (False, [None, None])
    assert found.low_lead == pytest.approx(2 - 1.96 * (10.01 / 1000 + 10.01 / 1000) ** 0.5, abs=1e-3)


def test_equal_arms_are_called_different_at_most_once_in_twenty() -> None:
    dice = random.Random(3)
    wrong = 0
    for _n in range(400):
        arms = [share(sum(dice.random() < 0.1 for _one in range(300)), 300) for _arm in range(4)]
        wrong += compare(arms, is_share=True).is_proven
    assert wrong <= 20
