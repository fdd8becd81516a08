"""The communication calendar of a shop with 200 measures: how long its month, its week and its list take."""

import json
import os
import shutil
import subprocess
import sys

from benchmarks.frame import CHECKOUT, NotMeasured, Row, RowSpec, home

MEASURES = 200
BUDGET = 0.2
ROWS = [
    RowSpec("calendar.month", "200 ms ÷ p95 of the month, 200 measures", "200 ms", must=1.0, aim=3.0),
    RowSpec("calendar.week", "200 ms ÷ p95 of its fullest week", "200 ms", must=None, aim=3.0),
    RowSpec("calendar.list", "200 ms ÷ p95 of the list of 90 days", "200 ms", must=None, aim=1.0),
]


def run(scale: float) -> list[Row]:
    """So many entries with an announcement each, and so many campaigns, all within one month; `--scale 5`: a thousand."""
    folder = home() / "calendar"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = os.environ | {
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/regulars.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    call = [sys.executable, "-m", "benchmarks.calendar_work", str(max(10, int(MEASURES * scale)))]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        raise NotMeasured(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    for view, page in found.items():
        times = f"{1000 * page['wall']:>8.0f} wall {1000 * page['cpu']:>8.0f} cpu"
        print(f"{times} {page['bytes'] // 1024:>8} kB  {view}", file=sys.stderr)
    return [spec.measured(BUDGET / found[spec.row.partition(".")[2]]["wall"], 1.0) for spec in ROWS]
