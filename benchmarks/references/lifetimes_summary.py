"""Run by the Python that has lifetimes: its own summary of the same orders; prints seconds and sums as JSON."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data

warnings.simplefilter("ignore")


def main(path: str) -> None:
    orders = np.load(path)
    frame = pd.DataFrame(
        {"id": orders["customer_id"], "day": orders["day"].astype("datetime64[D]").astype("datetime64[ns]")}
    )
    began = time.perf_counter()
    found = summary_data_from_transaction_data(frame, "id", "day", freq="D")
    taken = time.perf_counter() - began
    print(json.dumps({"seconds": taken, "customers": len(found), "repeats": int(found["frequency"].sum())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
