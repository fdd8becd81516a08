"""Purchase histories (x, t_x, T) checked, and compressed to the different triples with the number of customers who
share them.

A likelihood needs each triple once. Dates are whole days, so a shop with millions of customers has some hundred
thousand triples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import BadInput

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_PURCHASES = 1_000_000
"""A purchase is a customer-day: a million of them are 2,700 years."""

GRIDS = (1.0, 7.0, 100.0, 24.0, 365.25)
"""Steps per unit that are looked for first: whole units; days in weeks; two decimals; hours in days; days in years.
Any other set of values is sorted instead, which is slower and gives the same."""


@dataclass(frozen=True)
class Counts:
    """Different triples: `x` int64, `t_x`, `T`, `weight` float64, all of shape (m,); `customers` is the sum of the
    weights.

    `t_x` is `t_x_values[t_x_code]` and `T` is `T_values[T_code]`: functions of one time alone are computed once a
    value."""

    x: IntArray
    weight: FloatArray
    t_x_values: FloatArray
    t_x_code: IntArray
    T_values: FloatArray
    T_code: IntArray

    @property
    def t_x(self) -> FloatArray:
        return self.t_x_values[self.t_x_code]

    @property
    def T(self) -> FloatArray:
        return self.T_values[self.T_code]

    @property
    def customers(self) -> float:
        return float(self.weight.sum())

    @property
    def repeat_buyers(self) -> float:
        return float(self.weight[self.x > 0].sum())


def check_history(x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> tuple[IntArray, FloatArray, FloatArray]:
    """The three as int64, float64, float64 of one shape (n,); numbers alone become arrays of one.

    Raises BadInput: not numbers, not finite, negative, x not whole or above a million, t_x > T, t_x other than 0
    where x = 0, or shapes that differ."""
    counts = checked_numbers("x", x)
    recency = checked_numbers("t_x", t_x)
    age = checked_numbers("T", T)
    if not counts.shape == recency.shape == age.shape:
        raise BadInput(f"x, t_x and T must be of one length, not {counts.size}, {recency.size} and {age.size}")
    if counts.size == 0:
        return counts.astype(np.int64), recency, age
    if float(counts.max()) > MOST_PURCHASES:
        raise BadInput(f"x at position {int(counts.argmax())} is above {MOST_PURCHASES}")
    whole = counts.astype(np.int64)
    refuse_where(whole != counts, "x at position {} is not a whole number")
    refuse_where(recency > age, "t_x at position {} is later than T")
    refuse_where((whole == 0) & (recency != 0), "t_x at position {} must be 0, for x is 0 there")
    return whole, recency, age


def compress(x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Counts:
    """The different triples of the arrays x, t_x, T of shape (n,), each with its sum of `weights` (default: 1 a
    customer).

    Raises BadInput as `check_history` does, and for weights that are negative or not finite.
    """
    counts, recency, age = check_history(x, t_x, T)
    weight = None if weights is None else checked_numbers("weights", weights)
    if weight is not None and weight.shape != counts.shape:
        raise BadInput(f"weights must be as long as x ({counts.size}), not {weight.size}")
    recency_values, recency_code = distinct(recency)
    age_values, age_code = distinct(age)
    age_keys, recency_keys = age_values.size, recency_values.size
    space = (int(counts.max(initial=0)) + 1) * age_keys * recency_keys
    if space >= 2**62:
        raise BadInput("x, t_x and T take too many different values to be counted")
    key = counts * age_keys
    key += age_code
    key *= recency_keys
    key += recency_code
    if space <= 4_000_000 + 4 * counts.size:
        total = np.bincount(key, weights=weight).astype(np.float64)
        keys = np.flatnonzero(total)
        total = total[keys]
    elif weight is None:
        keys, times = np.unique(key, return_counts=True)
        total = times.astype(np.float64)
    else:
        keys, inverse = np.unique(key, return_inverse=True)
        total = np.bincount(inverse, weights=weight, minlength=keys.size).astype(np.float64)
        keys, total = keys[total > 0], total[total > 0]
    rest, recency_key = np.divmod(keys, recency_keys)
    x_key, age_key = np.divmod(rest, age_keys)
    return Counts(x_key, total, recency_values, recency_key, age_values, age_key)


def distinct(values: FloatArray) -> tuple[FloatArray, IntArray]:
    """(table, code) with `table[code] == values` exactly; the table ascends and may hold a few values that do not
    occur."""
    if values.size == 0:
        return values, np.empty(0, dtype=np.int64)
    low, high = float(values.min()), float(values.max())
    for steps in GRIDS:
        if (high - low) * steps > 20_000 or not _on_grid(values[:1000], steps):
            continue
        code = np.rint(values * steps)
        if np.array_equal(code / steps, values):
            first = round(low * steps)
            table = np.arange(first, round(high * steps) + 1) / steps
            return table, code.astype(np.int64) - first
    table, inverse = np.unique(values, return_inverse=True)
    return table, inverse.astype(np.int64).reshape(values.shape)


def group(key: IntArray) -> tuple[IntArray, IntArray]:
    """(different keys ascending, inverse): as numpy.unique, by counting instead of sorting where keys (>= 0) lie
    close together."""
    highest = int(key.max(initial=-1)) + 1
    if highest > 4_000_000 + 4 * key.size:
        keys, inverse = np.unique(key, return_inverse=True)
        return keys, inverse.reshape(-1)
    present = np.bincount(key, minlength=highest) > 0
    return np.flatnonzero(present), (np.cumsum(present) - 1)[key]


def dot(a: npt.NDArray[np.number], b: npt.NDArray[np.number]) -> float:
    """Sum of products of two arrays of shape (n,), by one thread.

    Not `a @ b`: the threads of BLAS wait for each other by spinning, which on a busy machine takes forty times as long as
    the work itself.
    """
    return float(np.einsum("i,i->", a, b))


def _on_grid(values: FloatArray, steps: float) -> bool:
    return bool(np.array_equal(np.rint(values * steps) / steps, values))


def checked_numbers(name: str, values: npt.ArrayLike) -> FloatArray:
    """Float64 of shape (n,), finite and not negative."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name} must be numbers: {error}") from error
    if array.ndim != 1:
        raise BadInput(f"{name} must have one dimension, not {array.ndim}")
    # min and max carry a NaN through, so the positions are looked for only when there is something to report.
    if array.size and not (array.min() >= 0 and array.max() < np.inf):
        refuse_where(~np.isfinite(array), name + " at position {} is not a finite number")
        refuse_where(array < 0, name + " at position {} is negative")
    return array


def refuse_where(wrong: npt.NDArray[np.bool_], message: str) -> None:
    if wrong.any():
        raise BadInput(message.format(int(wrong.argmax())))
