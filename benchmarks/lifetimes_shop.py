"""The shop that CLV and spend are measured on, and the reference they are measured against."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.frame import home, reference_python
from regulars.insights.statistics import bg_nbd, gamma_gamma

CUSTOMERS = 2_360_000
"""At scale 1: a thousand times the sample of the papers."""

FREQUENCY = bg_nbd.Params(r=0.243, alpha=4.414, a=0.793, b=2.426)
VALUE = gamma_gamma.Params(p=6.25, q=3.74, gamma=15.44)
"""As published for CDNOW (weeks, dollars)."""

# The last release of lifetimes (2020) does not run with current numpy and pandas; these are the newest it runs with.
LIFETIMES = ("lifetimes==0.11.3", "numpy==1.26.4", "pandas==2.1.4", "scipy==1.11.4", "autograd==1.9.1", "dill==0.4.1")
REFERENCE = "lifetimes 0.11.3"

Arrays = dict[str, npt.NDArray[np.float64]]


def histories(customers: int) -> Arrays:
    """x, t_x, T, each (customers,): drawn from the model, first purchases spread over the first 11 of 39 weeks, whole days.

    Drawn one by one, not copies of the 2,357 known summaries: copies would make compression look better than it is.
    """
    days = np.random.default_rng(39).integers(196, 274, customers)
    age = days / 7
    x, t_x = bg_nbd.simulate_customers(FREQUENCY, age, seed=39, days=7)
    return {"x": x.astype(np.float64), "t_x": t_x, "T": age}


def purchases(customers: int) -> Arrays:
    """x and zbar of those of so many customers who bought again."""
    x = histories(customers)["x"]
    x = x[x > 0]
    rng = np.random.default_rng(25)
    nu = rng.gamma(VALUE.q, 1 / VALUE.gamma, x.size)
    return {"x": x, "zbar": rng.gamma(VALUE.p * x, 1 / (nu * x))}


def saved(name: str, arrays: Arrays) -> Path:
    """The arrays as a file that the reference reads."""
    path = home() / f"{name}.npz"
    np.savez(path, allow_pickle=False, **arrays)
    return path


def lifetimes_python() -> Path:
    """The Python that has lifetimes."""
    return reference_python("lifetimes", LIFETIMES)
