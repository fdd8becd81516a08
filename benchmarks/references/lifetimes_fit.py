"""Run by the Python that has lifetimes: fits one model on saved arrays; prints seconds and parameters as JSON."""

import json
import sys
import time
import warnings

import lifetimes
import numpy as np

warnings.simplefilter("ignore")


def main(model: str, path: str) -> None:
    shop = dict(np.load(path))
    fitter = lifetimes.BetaGeoFitter() if model == "bg_nbd" else lifetimes.GammaGammaFitter()
    arrays = [shop[name] for name in ("x", "t_x", "T", "zbar") if name in shop]
    began = time.perf_counter()
    fitter.fit(*arrays)
    taken = time.perf_counter() - began
    params = {{"v": "gamma"}.get(name, name): float(value) for name, value in fitter.params_.items()}
    print(json.dumps({"seconds": taken, "params": params}))


if __name__ == "__main__":
    main(*sys.argv[1:])
