"""BG/NBD: how often a customer will buy, and whether he or she still is one.

Fader, P.S., Hardie, B.G.S., Lee, K.L. (2005), "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24(2), 275-284. Equation numbers below are those of the paper. Its assumptions:

1. While a customer is active, purchases are a Poisson process with rate lambda.
2. lambda varies over customers as a gamma distribution with shape r and rate alpha.
3. After each purchase the customer becomes inactive with probability p.
4. p varies over customers as a beta distribution with parameters a and b.
5. lambda and p vary independently.

Everybody is active after the first purchase, so that nobody with x = 0 can be told to have left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from .counts import Counts, FloatArray, IntArray, check_history, compress, distinct, dot, group
from .errors import BadInput, NotEnoughData
from .newton import Evaluation, Optimum, maximise

MINIMUM_CUSTOMERS = 50
MINIMUM_REPEAT_BUYERS = 10

SPAN = 16.0
"""The search stays within a factor e^16 (nine million) of 1, for alpha of the mean T: beyond it the likelihood is
flat."""

SUBSAMPLE = 20_000
"""From four times so many triples on, Newton starts where the fit of an evenly spaced part of the triples ended."""


@dataclass(frozen=True)
class Params:
    """r, a, b have no unit; alpha has the unit of T. `log_likelihood` is that of all customers. `boundary` names the
    parameters that stopped at the end of the search range: the data do not tell them from 0 or from infinity (a near
    0: nobody seems to leave)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")
    customers: float = 0.0
    iterations: int = 0
    converged: bool = True
    boundary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("r", "alpha", "a", "b"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise BadInput(f"{name} must be a positive number, not {value}")


def fit(
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    minimum_customers: int = MINIMUM_CUSTOMERS,
    minimum_repeat_buyers: int = MINIMUM_REPEAT_BUYERS,
) -> Params:
    """Maximum likelihood (equation 6) from arrays of shape (n,): x purchases, t_x and T in one unit, `weights`
    customers a row.

    Raises BadInput (see `compress`) and NotEnoughData with reason `customers` or `repeat_buyers`. Look at `converged`.
    """
    return fit_counts(
        compress(x, t_x, T, weights), minimum_customers=minimum_customers, minimum_repeat_buyers=minimum_repeat_buyers
    )


def fit_counts(
    counts: Counts,
    *,
    minimum_customers: int = MINIMUM_CUSTOMERS,
    minimum_repeat_buyers: int = MINIMUM_REPEAT_BUYERS,
) -> Params:
    """As `fit`, from histories that are compressed already."""
    customers, repeat = counts.customers, counts.repeat_buyers
    if repeat <= 0:
        raise NotEnoughData("repeat_buyers", "nobody bought a second time", have=0, need=max(1, minimum_repeat_buyers))
    if customers < minimum_customers:
        raise NotEnoughData(
            "customers",
            f"{customers:g} customers, at least {minimum_customers} are needed",
            have=int(customers),
            need=minimum_customers,
        )
    if repeat < minimum_repeat_buyers:
        raise NotEnoughData(
            "repeat_buyers",
            f"{repeat:g} customers bought again, at least {minimum_repeat_buyers} are needed",
            have=int(repeat),
            need=minimum_repeat_buyers,
        )
    mean_T = dot(counts.weight, counts.T) / customers
    # r = 1/2, half the dropouts of a coin: any start ends in the same place, this one is near most shops.
    rate = dot(counts.weight, counts.x) / (customers * mean_T)
    start = np.log(np.array([0.5, 0.5 / rate, 1.0, 3.0]))
    if counts.x.size > 4 * SUBSAMPLE:
        start = _climb(_every(counts, counts.x.size // SUBSAMPLE), start, mean_T, precision=1e-7).theta
    best = _climb(counts, start, mean_T, precision=1e-12)
    r, alpha, a, b = (float(value) for value in np.exp(best.theta))
    names = np.array(["r", "alpha", "a", "b"])
    return Params(
        r,
        alpha,
        a,
        b,
        float(best.value),
        customers,
        best.iterations,
        best.converged,
        tuple(names[best.at_bound].tolist()),
    )


def _climb(counts: Counts, start: FloatArray, mean_T: float, *, precision: float) -> Optimum:
    middle = np.array([0.0, np.log(mean_T), 0.0, 0.0])
    return maximise(likelihood(counts), start, middle - SPAN, middle + SPAN, tolerance=precision * counts.customers)


def _every(counts: Counts, step: int) -> Counts:
    return Counts(
        counts.x[::step],
        counts.weight[::step],
        counts.t_x_values,
        counts.t_x_code[::step],
        counts.T_values,
        counts.T_code[::step],
    )


def likelihood(counts: Counts) -> Callable[[FloatArray], Evaluation]:
    """A function of theta = ln (r, alpha, a, b) that gives the log-likelihood, its gradient (4,) and its Hessian (4,
    4) in theta.

    Equation 6 with the gamma and beta functions written as products, exact for whole x and without the cancellation
    of two lgamma: ln G(r+x)/G(r) = sum of ln(r+j), j < x. What depends on x alone or on T alone is summed once a
    value; the rest, for x > 0, is ln(1 + e^D) with D = ln(a / (b+x-1)) + (r+x) ln((alpha+T) / (alpha+t_x))."""
    w = counts.weight
    n = float(w.sum())
    at_x = np.bincount(counts.x, weights=w)
    above = n - np.cumsum(at_x)[:-1]  # customers with x > j, for j = 0, 1, …
    j = np.arange(above.size, dtype=np.float64)
    at_T = np.bincount(counts.T_code, weights=w, minlength=counts.T_values.size)
    x_at_T = np.bincount(counts.T_code, weights=w * counts.x, minlength=counts.T_values.size)
    purchases = dot(w, counts.x)

    again = counts.x > 0
    x_code = counts.x[again]
    x = x_code.astype(np.float64)
    T_code, t_x_code = counts.T_code[again], counts.t_x_code[again]
    weight = w[again]
    T, t_x = counts.T_values, counts.t_x_values
    earlier = np.arange(at_x.size, dtype=np.float64) - 1.0  # x - 1

    def evaluate(theta: FloatArray) -> Evaluation:
        r, alpha, a, b = np.exp(theta)
        log_T, inv_T = np.log1p(T / alpha), 1.0 / (alpha + T)
        log_t, inv_t = np.log1p(t_x / alpha), 1.0 / (alpha + t_x)
        rj, bj, abj = 1.0 / (r + j), 1.0 / (b + j), 1.0 / (a + b + j)

        value = dot(above, np.log(r + j) + np.log(b + j) - np.log(a + b + j))
        value -= r * dot(at_T, log_T) + dot(x_at_T, log_T) + purchases * theta[1]
        g_r = dot(above, rj) - dot(at_T, log_T)
        # d/dalpha of r ln alpha - (r+x) ln(alpha+T), the large terms taken together
        g_alpha = r / alpha * dot(at_T, T * inv_T) - dot(x_at_T, inv_T)
        g_a = -dot(above, abj)
        g_b = dot(above, bj) + g_a
        h_rr = -dot(above, rj**2)
        h_r_alpha = dot(at_T, T * inv_T) / alpha
        h_alpha = -r * dot(at_T, T * inv_T * (1.0 / alpha + inv_T)) / alpha + dot(x_at_T, inv_T**2)
        h_aa = dot(above, abj**2)
        h_bb = h_aa - dot(above, bj**2)

        slow = np.divide(1.0, b + earlier, out=np.zeros_like(earlier), where=earlier >= 0)  # 1 / (b+x-1)
        odds = np.log(a) + np.log(slow, out=np.zeros_like(slow), where=slow > 0)
        base = r + x
        d_r = log_T[T_code] - log_t[t_x_code]
        exponent = odds[x_code] + base * d_r
        small = np.exp(-np.abs(exponent))
        value += dot(weight, np.maximum(exponent, 0.0) + np.log(1.0 + small))
        gone = np.where(exponent >= 0, 1.0, small) / (1.0 + small)
        first = weight * gone
        second = first * (1.0 - gone)
        inverse_T, inverse_t = inv_T[T_code], inv_t[t_x_code]
        d_r_alpha = inverse_T - inverse_t
        d_alpha = base * d_r_alpha
        d_b = slow[x_code]
        rows = np.stack([d_r, d_alpha, np.ones_like(d_r), d_b])  # derivatives of D by r, alpha, ln a and -b
        g = np.array([dot(row, first) for row in rows])
        outer = np.array([[dot(row, other) for other in rows] for row in rows * second])
        outer_scale = np.array([1.0, 1.0, 1.0 / a, -1.0])
        gradient = np.array([g_r, g_alpha, g_a, g_b]) + outer_scale * g
        hessian = outer * np.outer(outer_scale, outer_scale)
        hessian[0, 0] += h_rr
        hessian[0, 1] += h_r_alpha + dot(first, d_r_alpha)
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] += h_alpha - dot(first, d_alpha * (inverse_T + inverse_t))
        hessian[2, 2] += h_aa - g[2] / a**2
        hessian[2, 3] += h_aa
        hessian[3, 2] += h_aa
        hessian[3, 3] += h_bb + dot(first, d_b**2)

        natural = np.array([r, alpha, a, b])
        by_log = natural * gradient
        return value, by_log, hessian * np.outer(natural, natural) + np.diag(by_log)

    return evaluate


def p_alive(params: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """Probability, shape (n,), of still being a customer at T (Fader, Hardie 2008, Computing P(alive) Using the
    BG/NBD Model, eq. 1).

    1 for x = 0, which says nothing: show no churn risk there.
    """
    counts, recency, age = check_history(x, t_x, T)
    return _alive(params, counts, recency, age)


def _alive(params: Params, x: IntArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    silence = np.log1p((T - t_x) / (params.alpha + t_x))
    exponent = np.log(params.a) - np.log(params.b + np.maximum(x, 1) - 1.0) + (params.r + x) * silence
    return np.where(x > 0, expit(-exponent), 1.0)


def expected_purchases(params: Params, t: float, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> FloatArray:
    """Expected purchases, shape (n,), in (T, T+t] of customers with the given history (equation 10); t >= 0 in the
    unit of T."""
    return expected_by_month(params, [t], x, t_x, T)[:, 0]


def expected_purchases_new(params: Params, t: npt.ArrayLike) -> FloatArray:
    """Expected purchases, shape (k,), within t (k,) of the first one, of a customer not yet seen (equation 9)."""
    ends = _horizons(t)
    order = np.argsort(ends)
    expected = np.empty(ends.size)
    expected[order] = np.cumsum(expected_by_month(params, ends[order], [0], [0.0], [0.0])[0])
    return expected


def expected_by_month(
    params: Params, ends: npt.ArrayLike, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike
) -> FloatArray:
    """Expected purchases between successive `ends` (k,), ascending times after T: shape (n, k), whose sums over k are
    equation 10.

    Equation 10 is the expectation of P(alive) (1 - e^(-lambda p t)) / p over lambda ~ gamma(r+x, alpha+T) and p ~
    beta(a, b+x). That over lambda is closed; that over p is taken by Gauss-Jacobi quadrature to twelve digits. So
    nothing is singular at a = 1, and nothing overflows for large x, as the Gaussian hypergeometric function of the
    paper does."""
    counts, recency, age = check_history(x, t_x, T)
    horizons = _horizons(ends)
    if (np.diff(horizons) < 0).any():
        raise BadInput("ends must ascend")
    by_state, state = expected_if_alive(params, horizons, counts, age)
    return by_state[state] * _alive(params, counts, recency, age)[:, None]


def expected_if_alive(params: Params, ends: FloatArray, x: IntArray, T: FloatArray) -> tuple[FloatArray, IntArray]:
    """(by_state (s, k), state (n,)): expected purchases between successive ends of customers active at T, once a
    different (x, T)."""
    ages, age_code = distinct(T)
    states, back = group(x * ages.size + age_code)
    state_x, state_T = states // ages.size, ages[states % ages.size]
    result = np.empty((states.size, ends.size))
    edges = np.flatnonzero(np.diff(state_x, prepend=-1))
    for begin, end in zip(edges, np.append(edges[1:], states.size), strict=True):
        count = int(state_x[begin])
        span = params.alpha + state_T[begin:end]
        result[begin:end] = _mean_over_dropout(params, count, ends, span)
    return np.diff(result, axis=1, prepend=0.0), back


def _mean_over_dropout(params: Params, x: int, ends: FloatArray, span: FloatArray) -> FloatArray:
    """E over p of (1 - (1 + p t / span)^-(r+x)) / p for the different `span` = alpha + T of one x: shape (len(span),
    k)."""
    shape = params.r + x
    longest = float(ends.max(initial=0.0)) / float(span.min())
    nodes, weights = _beta_quadrature(params.a, params.b + x, _nodes_needed(longest, shape, params, x))
    result = np.empty((span.size, ends.size))
    for column, t in enumerate(ends):
        for rows in np.array_split(np.arange(span.size), 1 + span.size * nodes.size // 2_000_000):
            growth = np.log1p(nodes * (t / span[rows, None]))
            result[rows, column] = np.einsum("ij,j->i", -np.expm1(-shape * growth), weights / nodes)
    return result


def _nodes_needed(longest: float, shape: float, params: Params, x: int) -> int:
    """Quadrature points for twelve digits: more where t / (alpha+T) is large or many purchases are likely before
    leaving."""
    likely = shape * longest * min(1.0, (params.a + 1.0) / (params.a + params.b + x))
    return int(min(16 + 10 * np.sqrt(longest) + 6 * np.sqrt(likely), 400))


def _beta_quadrature(a: float, b: float, n: int) -> tuple[FloatArray, FloatArray]:
    """Points and weights (sum 1) of the Gauss rule for a beta(a, b) density on (0, 1): Golub, Welsch (1969) on
    Jacobi's recurrence."""
    k = np.arange(n, dtype=np.float64)
    s = a + b - 2.0
    # Jacobi polynomials with exponents (b-1) at 1 and (a-1) at 0, moved to (0, 1); k = 0 and 1 apart, for 0/0.
    middle = np.empty(n)
    middle[0] = a / (a + b)
    middle[1:] = 0.5 + ((a - 1) ** 2 - (b - 1) ** 2) / (2 * (2 * k[1:] + s) * (2 * k[1:] + s + 2))
    beside = np.empty(n - 1)
    beside[0] = np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    m = k[2:]
    beside[1:] = np.sqrt(m * (m + b - 1) * (m + a - 1) * (m + s) / ((2 * m + s) ** 2 * ((2 * m + s) ** 2 - 1)))
    points, vectors = np.linalg.eigh(np.diag(middle) + np.diag(beside, 1) + np.diag(beside, -1))
    return np.clip(points, np.finfo(float).tiny * 1e30, 1.0), vectors[0] ** 2


def _horizons(t: npt.ArrayLike) -> FloatArray:
    ends = np.atleast_1d(np.asarray(t, dtype=np.float64))
    if ends.ndim != 1 or not (np.isfinite(ends).all() and (ends >= 0).all()):
        raise BadInput("t must be one or more finite times of at least 0")
    return ends


def simulate(
    params: Params,
    t: float,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    T: npt.ArrayLike,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> IntArray:
    """Purchases in (T, T+t] drawn from the posterior of each customer: int64 of shape (n, draws).

    Draws are over everything that is not known: whether the customer is active, lambda, p, and chance. Same seed,
    same draws."""
    counts, recency, age = check_history(x, t_x, T)
    horizon = _horizons(t)
    rng = np.random.default_rng(seed)
    bought = draw_if_alive(params, counts[:, None], age[:, None], horizon, (counts.size, draws), rng)[0]
    active = rng.random((counts.size, draws)) < _alive(params, counts, recency, age)[:, None]
    return np.where(active, bought, 0)


def draw_if_alive(
    params: Params,
    x: IntArray | int,
    T: FloatArray | float,
    ends: FloatArray,
    size: tuple[int, ...],
    rng: np.random.Generator,
) -> IntArray:
    """Purchases between successive `ends` (k,) of customers active at T, drawn from their posterior: int64 of shape
    (k, *size).

    x and T broadcast to `size`. A customer leaves after a geometric number of purchases, so the count is the Poisson
    count cut there."""
    rate = rng.gamma(np.broadcast_to(params.r + np.asarray(x), size), 1.0 / (params.alpha + np.asarray(T)))
    dropout = rng.beta(params.a, np.broadcast_to(params.b + np.asarray(x), size))
    # A tiny a draws p = 0 by underflow: such a customer stays for a million million purchases.
    last = rng.geometric(np.maximum(dropout, 1e-12))
    steps = np.diff(ends, prepend=0.0)
    running = np.cumsum(np.stack([rng.poisson(rate * step) for step in steps]), axis=0)
    bought: IntArray = np.diff(np.minimum(running, last), axis=0, prepend=0)
    return bought


def simulate_customers(
    params: Params, T: npt.ArrayLike, *, seed: int = 0, days: float | None = None
) -> tuple[IntArray, FloatArray]:
    """Histories (x, t_x) of new customers observed for T (n,). With `days`, the number of days in the unit of T,
    purchases fall on whole days after the first one and several on one day count once, as shops record them; T should
    be whole days too."""
    rng = np.random.default_rng(seed)
    age = np.atleast_1d(np.asarray(T, dtype=np.float64))
    x = np.zeros(age.size, dtype=np.int64)
    t_x = np.zeros(age.size)
    who = np.arange(age.size)
    scale = 1.0 / np.maximum(rng.gamma(params.r, 1.0 / params.alpha, age.size), 1e-300)
    dropout = rng.beta(params.a, params.b, age.size)
    clock = np.zeros(age.size)
    while who.size:
        clock = clock + rng.exponential(size=who.size) * scale[who]
        inside = clock <= age[who]
        who, clock = who[inside], clock[inside]
        moment = clock if days is None else np.floor(clock * days) / days
        later = moment > t_x[who]
        x[who[later]] += 1
        t_x[who[later]] = moment[later]
        stays = rng.random(who.size) >= dropout[who]
        who, clock = who[stays], clock[stays]
    return x, t_x
