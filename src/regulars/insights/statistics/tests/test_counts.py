"""Compression and the checks on histories."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.insights.statistics.counts import check_history, compress, distinct, group
from regulars.insights.statistics.errors import BadInput

NAN, INF = float("nan"), float("inf")

rows = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 40), st.integers(0, 10), st.sampled_from([1.0, 7.0, 3.0, 100.0])).map(
        lambda r: (r[0], (r[1] / r[3]) if r[0] else 0.0, (r[1] + r[2]) / r[3])
    ),
    min_size=1,
    max_size=60,
)


@given(rows)
def test_triples_are_counted_exactly(drawn: list[tuple[int, float, float]]) -> None:
    x, t_x, T = (np.array(column) for column in zip(*drawn, strict=True))
    counts = compress(x, t_x, T)
    found = {
        (int(a), float(b), float(c)): w
        for a, b, c, w in zip(counts.x, counts.t_x, counts.T, counts.weight, strict=True)
    }
    assert found == dict(Counter((int(a), float(b), float(c)) for a, b, c in drawn))
    assert counts.customers == len(drawn)
    assert counts.repeat_buyers == (x > 0).sum()


@given(rows, st.data())
def test_weights_are_summed(drawn: list[tuple[int, float, float]], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 5), min_size=len(drawn), max_size=len(drawn)))
    x, t_x, T = (np.array(column) for column in zip(*drawn, strict=True))
    counts = compress(x, t_x, T, weights)
    wanted: Counter[tuple[int, float, float]] = Counter()
    for row, weight in zip(drawn, weights, strict=True):
        wanted[row] += weight
    found = {
        (int(a), float(b), float(c)): w
        for a, b, c, w in zip(counts.x, counts.t_x, counts.T, counts.weight, strict=True)
    }
    assert found == {row: weight for row, weight in wanted.items() if weight}


def test_values_that_lie_far_apart_are_sorted_instead_of_counted() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.integers(1, 900_000, 500), 2)
    T = np.repeat(rng.random(500) * 1e6, 2)
    plain, weighted = compress(x, T, T), compress(x, T, T, np.full(1000, 0.5))
    assert plain.x.size == weighted.x.size == 500
    assert (plain.weight == 2).all()
    assert (weighted.weight == 1).all()
    assert (np.sort(plain.T) == np.unique(T)).all()


@given(st.lists(st.floats(0, 1e9), max_size=50))
def test_distinct_gives_back_the_values(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    table, code = distinct(array)
    assert (table[code] == array).all()


@given(st.lists(st.integers(0, 10**9), max_size=50))
def test_group_is_unique(keys: list[int]) -> None:
    array = np.array(keys, dtype=np.int64)
    found, back = group(array)
    assert found.tolist() == sorted(set(keys))
    assert (found[back] == array).all()


@pytest.mark.parametrize(
    ("x", "t_x", "T", "message"),
    [
        ([1, -1], [1.0, 1.0], [2.0, 2.0], "x at position 1 is negative"),
        ([1, NAN], [1.0, 1.0], [2.0, 2.0], "x at position 1 is not a finite"),
        ([1.5], [1.0], [2.0], "x at position 0 is not a whole"),
        ([10**7], [1.0], [2.0], "x at position 0 is above"),
        ([1], [-1.0], [2.0], "t_x at position 0 is negative"),
        ([1], [NAN], [2.0], "t_x at position 0 is not a finite"),
        ([1], [1.0], [INF], "T at position 0 is not a finite"),
        ([1], [3.0], [2.0], "t_x at position 0 is later than T"),
        ([0], [1.0], [2.0], "must be 0, for x is 0"),
        ([1, 1], [1.0], [2.0], "of one length"),
        ([[1]], [[1.0]], [[2.0]], "one dimension"),
        (["many"], [1.0], [2.0], "x must be numbers"),
    ],
)
def test_impossible_histories_are_named(x: list[float], t_x: list[float], T: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_history(x, t_x, T)


@pytest.mark.parametrize("weights", [[-1.0], [NAN], [1.0, 1.0]])
def test_impossible_weights_are_named(weights: list[float]) -> None:
    with pytest.raises(BadInput, match="weights"):
        compress([1], [1.0], [2.0], weights)
