"""The pack bench of a shop with 50,000 customers: how long the answer to a scan takes, with a note and without one."""

import json
import os
import shutil
import subprocess
import sys

from benchmarks.frame import CHECKOUT, NotMeasured, Row, RowSpec, home

CUSTOMERS = 50_000
BUDGET = 0.1
ROWS = [
    RowSpec("pack_bench.note", "100 ms ÷ p95 of a scan that finds a note", "100 ms", must=1.0, aim=3.0),
    RowSpec("pack_bench.nothing", "100 ms ÷ p95 of a scan that finds none", "100 ms", must=1.0, aim=5.0),
    RowSpec("pack_bench.tick", "100 ms ÷ p95 of a tick", "100 ms", must=None, aim=3.0),
]


def run(scale: float) -> list[Row]:
    """A shop as `page` has it, without its figures, and a note that waits for every tenth customer."""
    folder = home() / "pack-bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = os.environ | {
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/regulars.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    call = [sys.executable, "-m", "benchmarks.pack_bench_work", str(max(2000, int(CUSTOMERS * scale)))]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        raise NotMeasured(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    for name, took in found.items():
        print(f"{1000 * took['wall']:>8.1f} wall {1000 * took['cpu']:>8.1f} cpu  {name} (p95, ms)", file=sys.stderr)
    return [spec.measured(BUDGET / found[spec.row.partition(".")[2]]["wall"], 1.0) for spec in ROWS]
