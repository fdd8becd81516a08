"""Damped Newton ascent for a handful of parameters with analytic gradient and Hessian, inside a box."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Evaluation = tuple[float, FloatArray, FloatArray]
"""Value, gradient of shape (k,), Hessian of shape (k, k)."""


ROUNDING = 1e-13
"""Relative error of a log-likelihood summed over millions of terms."""


@dataclass(frozen=True)
class Optimum:
    """Where the ascent ended. `at_bound` marks the coordinates that stopped at a side of the box."""

    theta: FloatArray
    value: float
    iterations: int
    converged: bool
    at_bound: npt.NDArray[np.bool_]


def maximise(
    evaluate: Callable[[FloatArray], Evaluation],
    start: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    *,
    tolerance: float,
    longest_step: float = 1.5,
    iterations: int = 200,
) -> Optimum:
    """Climb from `start` until half the Newton decrement (the gain still to be had) is below `tolerance`.

    Eigenvalues of the wrong sign are turned round, so that every step climbs; a step is at most `longest_step` in
    each coordinate and is halved until it gains (Armijo). A coordinate at a bound with its gradient pointing outwards
    is left out of the step."""
    theta = np.clip(start, lower, upper)
    value, gradient, hessian = evaluate(theta)
    for iteration in range(1, iterations + 1):
        outwards = ((theta <= lower) & (gradient <= 0)) | ((theta >= upper) & (gradient >= 0))
        free = np.flatnonzero(~outwards)
        step = np.zeros_like(theta)
        if free.size:
            step[free] = _newton_step(gradient[free], hessian[np.ix_(free, free)])
        gain = 0.5 * float(gradient @ step)
        # Below the rounding of the value itself, a sum of many terms, no line search can tell up from down.
        rounding = ROUNDING * abs(value)
        if gain <= max(tolerance, rounding):
            last = np.clip(theta + _shortened(step, longest_step), lower, upper)
            last_value, _, _ = evaluate(last)
            if last_value >= value - rounding:
                theta, value = last, last_value
            return Optimum(theta, value, iteration, True, (theta <= lower) | (theta >= upper))
        step = _shortened(step, longest_step)
        for _ in range(40):
            trial = np.clip(theta + step, lower, upper)
            trial_value, trial_gradient, trial_hessian = evaluate(trial)
            if np.isfinite(trial_value) and trial_value >= value - rounding + 1e-4 * float(gradient @ (trial - theta)):
                break
            step = step / 2
        else:
            return Optimum(theta, value, iteration, False, (theta <= lower) | (theta >= upper))
        theta, value, gradient, hessian = trial, trial_value, trial_gradient, trial_hessian
    return Optimum(theta, value, iterations, False, (theta <= lower) | (theta >= upper))


def _newton_step(gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    curvature, directions = np.linalg.eigh(-hessian)
    size = np.abs(curvature)
    size = np.maximum(size, max(1e-10 * float(size.max()), np.finfo(float).tiny))
    return np.asarray(directions @ ((directions.T @ gradient) / size), dtype=np.float64)


def _shortened(step: FloatArray, longest: float) -> FloatArray:
    reach = float(np.abs(step).max())
    return step if reach <= longest else step * (longest / reach)
