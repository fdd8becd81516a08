"""Gamma-Gamma by maximum likelihood, on the repeat buyers of as many customers as `clv` has, against lifetimes."""

from benchmarks.frame import NotMeasured, Row, RowSpec, run_reference, same_digits, seconds
from benchmarks.lifetimes_shop import CUSTOMERS, REFERENCE, lifetimes_python, purchases, saved
from regulars.insights.statistics import gamma_gamma

ROWS = [RowSpec("spend.lifetimes", "repeat buyers/s", f"{REFERENCE} GammaGammaFitter.fit", must=15, aim=20)]


def run(scale: float) -> list[Row]:
    """Fits the same mean values by both, and holds the parameters against each other to four digits."""
    shop = purchases(max(1000, int(CUSTOMERS * scale)))
    buyers = shop["x"].size
    ours = gamma_gamma.fit(shop["x"], shop["zbar"])
    if not ours.converged:
        raise NotMeasured("our fit did not converge")
    taken = seconds(lambda: gamma_gamma.fit(shop["x"], shop["zbar"]))
    file = saved("spend", shop)
    try:
        theirs = run_reference(lifetimes_python(), "lifetimes_fit.py", "gamma_gamma", str(file))
    finally:
        file.unlink()
    same_digits({"p": ours.p, "q": ours.q, "gamma": ours.gamma}, theirs["params"], 4)
    return [ROWS[0].measured(buyers / taken, buyers / theirs["seconds"])]
