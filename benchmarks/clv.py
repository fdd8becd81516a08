"""BG/NBD by maximum likelihood from arrays to parameters, compression included, against lifetimes on the same arrays."""

from benchmarks.frame import NotMeasured, Row, RowSpec, run_reference, same_digits, seconds
from benchmarks.lifetimes_shop import CUSTOMERS, REFERENCE, histories, lifetimes_python, saved
from regulars.insights.statistics import bg_nbd

ROWS = [RowSpec("clv.lifetimes", "customers/s", f"{REFERENCE} BetaGeoFitter.fit", must=40, aim=200)]


def run(scale: float) -> list[Row]:
    """Fits the same histories by both, and holds the parameters against each other to four digits."""
    customers = max(1000, int(CUSTOMERS * scale))
    shop = histories(customers)
    ours = bg_nbd.fit(shop["x"], shop["t_x"], shop["T"])
    if not ours.converged:
        raise NotMeasured("our fit did not converge")
    taken = seconds(lambda: bg_nbd.fit(shop["x"], shop["t_x"], shop["T"]))
    file = saved("clv", shop)
    try:
        theirs = run_reference(lifetimes_python(), "lifetimes_fit.py", "bg_nbd", str(file))
    finally:
        file.unlink()
    same_digits({"r": ours.r, "alpha": ours.alpha, "a": ours.a, "b": ours.b}, theirs["params"], 4)
    return [ROWS[0].measured(customers / taken, customers / theirs["seconds"])]
