"""Every staff page of a large shop, as its owner sees it: how long the slowest takes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.frame import CHECKOUT, FOLDER, NotMeasured, Row, RowSpec, home

CUSTOMERS = 50_000
BUDGET = 0.3
SHOWN = 10
WRITERS = ("page_shop.py", "page_measures.py")
"""What writes the shop."""
ROWS = [
    RowSpec("page.noop", "300 ms ÷ p95 of the slowest page", "300 ms", must=1.0, aim=3.0),
    RowSpec("page.cpu", "300 ms ÷ p95 of its time on the processor", "300 ms", must=None, aim=3.0),
]


def run(scale: float) -> list[Row]:
    """The shop is kept and made anew when a table changed. `--scale 20`: a million customers with ten million orders."""
    customers = max(1000, int(CUSTOMERS * scale))
    folder = _shop_of(customers)
    found = _work(folder, "visit")
    pages: dict[str, dict[str, float]] = found["pages"]
    if not pages:
        raise NotMeasured(f"no page answered: {found['missed']}")
    slowest = sorted(pages.items(), key=lambda pair: -pair[1]["cpu"])
    print(f"{customers:,} customers, {len(pages)} pages, load {found['load']:.1f}; p95 in ms:", file=sys.stderr)
    for name, page in slowest[:SHOWN]:
        print(f"{1000 * page['wall']:>8.0f} wall {1000 * page['cpu']:>8.0f} cpu  {name}", file=sys.stderr)
    for name, why in found["missed"].items():
        print(f"not visited: {name} ({why})", file=sys.stderr)
    wall, cpu = ROWS
    return [
        wall.measured(BUDGET / max(page["wall"] for page in pages.values()), 1.0),
        cpu.measured(BUDGET / max(page["cpu"] for page in pages.values()), 1.0),
    ]


def _shop_of(customers: int) -> Path:
    folder = home() / f"page-{customers}"
    stamp, wanted = folder / "stamp", _schema()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _work(folder, "build", str(customers))
        stamp.write_text(wanted)
    return folder


def _schema() -> str:
    """A digest of every migration and of what writes the shop."""
    digest = hashlib.sha256()
    for path in [*sorted((CHECKOUT / "src").rglob("migrations/[0-9]*.py")), *(FOLDER / name for name in WRITERS)]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _work(folder: Path, *arguments: str) -> dict[str, Any]:
    environment = os.environ | {
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/regulars.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    call = [sys.executable, "-m", "benchmarks.page_work", *arguments]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        raise NotMeasured(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    return answer
