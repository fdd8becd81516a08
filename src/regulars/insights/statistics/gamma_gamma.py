"""Gamma-Gamma: what a customer's purchases are worth on average, from the few that were seen.

Fader, P.S., Hardie, B.G.S. (2013), The Gamma-Gamma Model of Monetary Value (brucehardie.com/notes/025); Fader,
Hardie, Lee (2005), RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of Marketing Research
42(4), 415-430. Its assumptions:

1. The value of a customer's purchases varies at random around his or her mean value: gamma with shape p and rate nu.
2. nu varies over customers as a gamma distribution with shape q and rate gamma; mean values do not change in time.
3. How much is spent does not depend on how often (check their correlation before use).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, polygamma, psi

from .counts import MOST_PURCHASES, FloatArray, IntArray, checked_numbers, dot, refuse_where
from .errors import BadInput, NotEnoughData
from .newton import Evaluation, maximise

MINIMUM_CUSTOMERS = 10
SPAN = 11.0
"""The search stays within a factor e^11 (60,000) of 1, for gamma of the mean value. A p at its end says that each
customer's purchases vary by less than half a per cent; beyond it lgamma loses the digits that could tell."""

SUBSAMPLE = 20_000


@dataclass(frozen=True)
class Params:
    """p and q have no unit; gamma has that of the values. `log_likelihood`, `customers`, `iterations`, `converged`,
    `boundary` as in BG/NBD: a parameter at the end of the search range cannot be told from 0 or infinity."""

    p: float
    q: float
    gamma: float
    log_likelihood: float = float("nan")
    customers: float = 0.0
    iterations: int = 0
    converged: bool = True
    boundary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("p", "q", "gamma"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise BadInput(f"{name} must be a positive number, not {value}")

    @property
    def mean_value(self) -> float:
        """Expected value of a purchase of a customer not yet seen, p gamma / (q - 1). NotEnoughData `no_mean` where q
        <= 1."""
        if self.q <= 1:
            raise NotEnoughData("no_mean", f"values scatter so widely (q = {self.q:.3g}) that they have no mean")
        return self.p * self.gamma / (self.q - 1)


def fit(
    x: npt.ArrayLike,
    zbar: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    minimum_customers: int = MINIMUM_CUSTOMERS,
) -> Params:
    """Maximum likelihood (equation 1a of the note) on customers with x > 0 purchases of mean value zbar > 0; arrays
    of shape (n,).

    x and zbar are those of the repeat purchases, as BG/NBD has them; rows of x = 0 or zbar = 0 are for the caller to
    leave out. Raises BadInput (not finite, not above 0, x not whole, unequal lengths) and NotEnoughData with reason
    `customers` or, where everybody always spends the same, `no_variation`."""
    count, mean, weight = _check(x, zbar, weights)
    customers = float(count.size) if weight is None else float(weight.sum())
    if customers < minimum_customers or count.size == 0:
        raise NotEnoughData(
            "customers",
            f"{customers:g} customers bought again, at least {minimum_customers} are needed",
            have=int(customers),
            need=max(1, minimum_customers),
        )
    low, high = float(mean.min()), float(mean.max())
    if high - low <= 1e-9 * high:
        raise NotEnoughData("no_variation", f"every customer spends {high:g} at a time: there is nothing to estimate")
    middle_value = float(mean.mean()) if weight is None else dot(weight, mean) / customers
    middle = np.array([0.0, 0.0, np.log(middle_value)])
    lower, upper = middle - SPAN, middle + SPAN
    # Like p = 4, q = 3 and a gamma that gives the mean seen.
    start = np.log(np.array([4.0, 3.0, middle_value * 2.0 / 4.0]))
    if count.size > 4 * SUBSAMPLE:
        step = count.size // SUBSAMPLE
        part = None if weight is None else weight[::step]
        near = likelihood(count[::step], mean[::step], part)
        mass = float(count[::step].size) if part is None else float(part.sum())
        start = maximise(near, start, lower, upper, tolerance=1e-7 * mass).theta
    best = maximise(likelihood(count, mean, weight), start, lower, upper, tolerance=1e-12 * customers)
    p, q, gamma = (float(value) for value in np.exp(best.theta))
    names = np.array(["p", "q", "gamma"])
    return Params(
        p, q, gamma, float(best.value), customers, best.iterations, best.converged, tuple(names[best.at_bound].tolist())
    )


def likelihood(x: IntArray, zbar: FloatArray, weights: FloatArray | None = None) -> Callable[[FloatArray], Evaluation]:
    """A function of theta = ln (p, q, gamma) that gives the log-likelihood, its gradient (3,) and its Hessian (3, 3)
    in theta.

    Gamma functions are taken once a different x; a customer costs one logarithm and one division.
    """
    total = x * zbar
    w = np.ones(zbar.size) if weights is None else weights
    wx = w * x
    at_x = np.bincount(x, weights=w)
    counts = np.flatnonzero(at_x)
    m, k = at_x[counts], counts.astype(np.float64)
    n = float(m.sum())
    log_total = np.log(total)
    w_log_total = dot(w, log_total)
    log_zbar = w_log_total - dot(m, np.log(k))

    def evaluate(theta: FloatArray) -> Evaluation:
        p, q, gamma = np.exp(theta)
        shape = p * k
        share = gamma / (gamma + total)
        # ln((gamma + S) / S), S = x zbar: not as a difference, for p may be large
        log_ratio = np.log1p(gamma / total)
        a = dot(w, log_ratio) + w_log_total - n * theta[2]  # sum of ln((gamma + S) / gamma)
        b = dot(wx, log_ratio)
        c, d = dot(w, share), dot(wx, share)
        square = share * share
        e, f = dot(w, square), dot(wx, square)

        log_gamma_ratio, digamma_difference = _from_shape_to(shape, q)
        value = dot(m, log_gamma_ratio) - n * float(gammaln(q)) - p * b - q * a - log_zbar
        digamma = psi(shape + q)
        trigamma = polygamma(1, shape + q)
        g_p = dot(m * k, digamma_difference) - b
        g_q = dot(m, digamma) - n * float(psi(q)) - a
        g_gamma = (n * q - p * d - q * c) / gamma
        h_pp = dot(m * k**2, trigamma - polygamma(1, shape))
        h_pq = dot(m * k, trigamma)
        h_qq = dot(m, trigamma) - n * float(polygamma(1, q))
        h_p_gamma = -d / gamma
        h_q_gamma = (n - c) / gamma
        h_gamma = (p * f + q * e - n * q) / gamma**2
        natural = np.array([p, q, gamma])
        by_log = natural * np.array([g_p, g_q, g_gamma])
        hessian = np.array([[h_pp, h_pq, h_p_gamma], [h_pq, h_qq, h_q_gamma], [h_p_gamma, h_q_gamma, h_gamma]])
        return value, by_log, hessian * np.outer(natural, natural) + np.diag(by_log)

    return evaluate


def _from_shape_to(shape: FloatArray, q: float) -> tuple[FloatArray, FloatArray]:
    """(ln G(s+q) / G(s), psi(s+q) - psi(s)), each (k,): for s above 100 from the difference of Stirling's series, where that
    of two lgamma would lose the digits which tell one large p from another."""
    log_ratio = gammaln(shape + q) - gammaln(shape)
    difference = psi(shape + q) - psi(shape)
    large = shape > 100
    s = shape[large]
    growth, one, two = np.log1p(q / s), 1.0 / s, 1.0 / (s + q)
    log_ratio[large] = (
        (s + q - 0.5) * growth
        + q * np.log(s)
        - q
        + (two - one) / 12
        - (two**3 - one**3) / 360
        + (two**5 - one**5) / 1260
    )
    difference[large] = growth - (two - one) / 2 - (two**2 - one**2) / 12 + (two**4 - one**4) / 120
    return log_ratio, difference


def expected_value(params: Params, x: npt.ArrayLike, zbar: npt.ArrayLike) -> FloatArray:
    """Expected mean value of a customer's purchases, shape (n,), in the unit of zbar (equation 5 of the note):
    between the shop's mean and the customer's own, nearer to the latter the more purchases were seen.

    zbar is not looked at where x = 0; and where all purchases were free of charge (zbar = 0), which no gamma gives,
    they count as not seen. Raises NotEnoughData `no_mean` where such customers are among them and q <= 1."""
    count, mean = seen_values(x, zbar)
    if params.q <= 1 and bool((params.p * count + params.q <= 1).any()):
        raise NotEnoughData("no_mean", f"values scatter so widely (q = {params.q:.3g}) that they have no mean")
    return params.p * (params.gamma + count * mean) / (params.p * count + params.q - 1)


def seen_values(x: npt.ArrayLike, zbar: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
    """(x, zbar), both 0 where no purchase of a value above 0 was seen. Raises BadInput as `fit` does."""
    count = checked_numbers("x", x)
    mean = np.atleast_1d(np.asarray(zbar, dtype=np.float64))
    if mean.shape != count.shape:
        raise BadInput(f"zbar must be as long as x ({count.size}), not {mean.size}")
    mean = checked_numbers("zbar", np.where(count == 0, 0.0, mean))
    whole = np.where(mean > 0, count, 0.0).astype(np.int64)
    refuse_where(
        (count != np.rint(count)) | (count > MOST_PURCHASES), "x at position {} is not a whole number below a million"
    )
    return whole, mean


def _check(
    x: npt.ArrayLike, zbar: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[IntArray, FloatArray, FloatArray | None]:
    count, mean = checked_numbers("x", x), checked_numbers("zbar", zbar)
    weight = None if weights is None else checked_numbers("weights", weights)
    if mean.shape != count.shape or (weight is not None and weight.shape != count.shape):
        raise BadInput("x, zbar and weights must be of one length")
    whole = count.astype(np.int64)
    if count.size and not (count.min() >= 1 and count.max() <= MOST_PURCHASES and np.array_equal(whole, count)):
        refuse_where(count < 1, "x at position {} is below 1: leave out who did not buy again")
        refuse_where(
            (whole != count) | (count > MOST_PURCHASES), "x at position {} is not a whole number below a million"
        )
    if mean.size and not mean.min() > 0:
        refuse_where(mean <= 0, "zbar at position {} is not above 0")
    return whole, mean, weight
