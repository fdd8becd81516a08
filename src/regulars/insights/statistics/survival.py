"""How long something lasts when some of it goes on: the Kaplan–Meier estimate.

Kaplan, E.L., Meier, P. (1958), Nonparametric Estimation from Incomplete Observations, JASA 53(282), 457-481. Variance by
Greenwood's formula; interval of the median by inverting the log-log interval of the curve (Brookmeyer, Crowley 1982).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Z = 1.959963984540054


@dataclass(frozen=True)
class Survival:
    """times (k,) at which something ended, survival (k,) just after. median None: the curve stays above one half."""

    times: npt.NDArray[np.float64]
    survival: npt.NDArray[np.float64]
    n: int
    ended: int
    median: float | None
    median_interval: tuple[float, float] | None
    restricted_mean: float
    restricted_mean_interval: tuple[float, float]


def kaplan_meier(lasted: npt.ArrayLike, is_over: npt.ArrayLike) -> Survival:
    """From durations (n,) and whether each has ended (else it is censored there); n >= 1. An end precedes a censoring at
    the same time. The mean is restricted to the longest duration."""
    time = np.asarray(lasted, dtype=np.float64)
    over = np.asarray(is_over, dtype=bool)
    if time.size == 0 or (time < 0).any():
        raise ValueError("durations must be there and not negative")
    values, code = np.unique(time, return_inverse=True)
    ends = np.bincount(code, weights=over, minlength=values.size)
    leaves = np.bincount(code, minlength=values.size).astype(np.float64)
    at_risk = time.size - np.concatenate(([0.0], np.cumsum(leaves)[:-1]))
    curve = np.cumprod(1.0 - ends / at_risk)
    alive = at_risk - ends
    terms = np.divide(ends, at_risk * alive, out=np.zeros_like(ends), where=alive > 0)
    greenwood = np.cumsum(terms)

    widths = np.diff(np.concatenate(([0.0], values)))
    before = np.concatenate(([1.0], curve[:-1]))
    mean = float(widths @ before)
    # Area of the curve to the right of each end, for the variance of the restricted mean.
    steps = np.append((widths * before)[1:], 0.0)
    right = np.cumsum(steps[::-1])[::-1]
    half = Z * float(np.sqrt((right**2) @ terms))

    median, interval = _median(values, curve, greenwood, ends > 0)
    return Survival(
        times=values[ends > 0],
        survival=curve[ends > 0],
        n=int(time.size),
        ended=int(over.sum()),
        median=median,
        median_interval=interval,
        restricted_mean=mean,
        restricted_mean_interval=(max(0.0, mean - half), min(float(values[-1]), mean + half)),
    )


def _median(
    values: npt.NDArray[np.float64],
    curve: npt.NDArray[np.float64],
    greenwood: npt.NDArray[np.float64],
    is_end: npt.NDArray[np.bool_],
) -> tuple[float | None, tuple[float, float] | None]:
    low_enough = np.flatnonzero(is_end & (curve <= 0.5))
    if not low_enough.size:
        return None, None
    median = float(values[low_enough[0]])
    inner = is_end & (curve > 0) & (curve < 1)
    times, survival, variance = values[inner], curve[inner], greenwood[inner]
    distance = np.log(-np.log(survival)) - np.log(np.log(2.0))
    inside = times[np.abs(distance) <= Z * np.sqrt(variance) / np.abs(np.log(survival))]
    if not inside.size:
        return median, (median, median)
    return median, (float(inside.min()), float(inside.max()))
