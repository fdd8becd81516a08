"""The gate deciding what five measures want of the same customers at once, on SQLite.

Each customer is asked about by five competing measures; the budget has room for two. A tenth lack the consent, some are
frozen, held out, or were contacted lately. The reference is a promise, not a program: five million waiting requests are
decided within a minute.
"""

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.frame import CHECKOUT, NotMeasured, Row, RowSpec, home

CUSTOMERS = 1_000_000
MEASURES = 5
SECONDS = 60.0
AT_ONCE = 0.05
"""The default scale is 50,000 customers: filling the database takes longer than deciding. `--scale 20` is the full size."""
ROWS = [RowSpec("gate.minute", "requests/s", "five million waiting requests within 60 s", must=1, aim=2)]


def run(scale: float) -> list[Row]:
    """Requests decided a second, against what the promise asks for."""
    folder = home() / "gate"
    folder.mkdir(exist_ok=True)
    customers = max(1000, int(CUSTOMERS * AT_ONCE * scale))
    environment = {
        **os.environ,
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/gate.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT)]),
    }
    call = [sys.executable, "-m", "benchmarks.gate_shop", str(customers)]
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=environment, cwd=CHECKOUT)
    if done.returncode != 0:
        raise NotMeasured((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return [ROWS[0].measured(answer["requests"] / answer["seconds"], CUSTOMERS * MEASURES / SECONDS)]
