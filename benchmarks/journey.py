"""Due enrolments advanced one step, against hand-written set SQL with the same effects, on SQLite.

Half of them stand at a message: its request to the gate, the gate's decision and the outbox row are written and fall due.
The other half stand at the end: they leave with an event. Our side goes through the sweeps' own actions in their batches; the
reference checks consent, suppression, objection, freeze, holdout and budget and writes the same rows in eight statements.
"""

import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.frame import CHECKOUT, NotMeasured, Row, RowSpec, home

ENROLMENTS = 40_000
ROWS = [
    RowSpec("journey.sql", "enrolments/s", "the same effects as set SQL by hand, sqlite3", must=0.15, aim=0.6),
    RowSpec("grow.journey", "enrolments/s", "our own at a tenth of the size", must=0.8, aim=1),
]


def _measured(enrolments: int) -> dict[str, Any]:
    """Seconds of both sides on a database of its own, made by a process of its own."""
    folder = home() / "journey"
    folder.mkdir(exist_ok=True)
    call = [sys.executable, "-m", "benchmarks.journey_shop", str(enrolments)]
    environment = {
        **os.environ,
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/journey.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT)]),
    }
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=environment, cwd=CHECKOUT)
    if done.returncode != 0:
        raise NotMeasured((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def run(scale: float) -> list[Row]:
    """Both rows: the full size against SQL, and against ourselves at a tenth."""
    size = max(2000, int(ENROLMENTS * scale))
    full = _measured(size)
    tenth = _measured(max(1000, size // 10))
    ours = full["enrolments"] / full["seconds"]
    return [
        ROWS[0].measured(ours, full["enrolments"] / full["reference_seconds"]),
        ROWS[1].measured(ours, tenth["enrolments"] / tenth["seconds"]),
    ]
