"""The shop that facts and kpi are measured on, made once a size, and how its work is called."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.frame import CHECKOUT, NotMeasured, home

ORDERS = 10_000_000
"""At scale 1."""


def shop_of(orders: int) -> Path:
    """The folder of a shop with so many orders."""
    folder = home() / f"facts-{orders}"
    work("make", folder, orders)
    return folder


def work(verb: str, folder: Path, orders: int) -> dict[str, Any]:
    """What `benchmarks.facts_work` printed for this verb."""
    paths = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "src")])
    call = [sys.executable, "-m", "benchmarks.facts_work", verb, str(folder), str(orders)]
    done = subprocess.run(call, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    if done.returncode != 0:
        raise NotMeasured(f"{verb} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def forget(orders: int) -> None:
    """Takes the shop away: at scale 1 it is three gigabytes."""
    shutil.rmtree(home() / f"facts-{orders}", ignore_errors=True)
