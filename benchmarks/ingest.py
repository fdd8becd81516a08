"""Batches of 100 events over HTTP, checked and committed before the answer, against a Django view and a bare ASGI application.

Every side is a real server, driven by the same client. Ours is `serve` with one process of granian
(REGULARS_WEB_WORKERS=1); by waitress, its default, it takes some 60 % of that. It keeps each batch raw and safe from a power cut
(synchronous=FULL); so does the Django view, as SQLite does by default. The bare application writes with synchronous=NORMAL,
which is quicker and not safe. `REGULARS_BENCH_SYNCHRONOUS` sets another value for both references.
`ingest.sweep` tells how fast what was accepted becomes events on the timelines of customers.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.frame import CHECKOUT, FOLDER, NotMeasured, Row, RowSpec, home, reference_python

BATCHES = 10_000
CONNECTIONS = 16
SYNCHRONOUS = {"django": "FULL", "bare": "NORMAL"}
BARE = ("uvicorn==0.49.0", "uvloop==0.22.1", "httptools==0.7.1", "msgspec==0.22.0")
DJANGO = ("django>=5.2,<5.3", "waitress==3.0.2")
ROWS = [
    RowSpec("ingest.django", "events/s", "Django view with bulk_create, SQLite", must=10, aim=15),
    RowSpec("ingest.bare", "events/s", "bare ASGI, msgspec, SQLite commit, not power-safe", must=0.3, aim=0.75),
    RowSpec("ingest.sweep", "events/s", "Django view with bulk_create, SQLite", must=None, aim=None),
]


def run(scale: float) -> list[Row]:
    """One server after the other; each gets a tenth of its batches before the clock runs."""
    batches = max(200, int(BATCHES * scale))
    with tempfile.TemporaryDirectory(dir=home()) as name:
        folder = Path(name)
        ours, sweep = _ours(folder, batches)
        bare = _reference("bare", BARE, folder, batches)
        plain = _reference("django", DJANGO, folder, max(100, batches // 10))
    return [ROWS[0].measured(ours, plain), ROWS[1].measured(ours, bare), ROWS[2].measured(sweep, plain)]


def _ours(folder: Path, batches: int) -> tuple[float, float]:
    """Events a second accepted by a web server of `serve`, then normalised by the sweep of the worker."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{CHECKOUT}/src:{CHECKOUT}",
        "REGULARS_HOME": str(folder / "home"),
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    environment.pop("REGULARS_DATABASE", None)
    token = _said([sys.executable, "-m", "benchmarks.ingest_shop", "prepare"], environment)["token"]
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        os.set_inheritable(fd, True)
        code = f"from regulars.run.processes import web_workers; web_workers('{fd}', '1')"
        with _server([sys.executable, "-c", code], port, environment, pass_fds=(fd,)):
            accepted = _driven(port, token, batches)
    swept = _said([sys.executable, "-m", "benchmarks.ingest_shop", "sweep"], environment)
    if swept["left"] or swept["events"] != (batches + batches // 10) * 100:
        raise NotMeasured(f"of what was accepted {swept['events']} events came to be, {swept['left']} calls are left")
    return accepted, swept["per_second"]


def _reference(name: str, requirements: Sequence[str], folder: Path, batches: int) -> float:
    python = reference_python(f"ingest-{name}", requirements)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    script = str(FOLDER / "references" / f"ingest_{name}.py")
    clean = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "DJANGO_SETTINGS_MODULE"}}
    synchronous = os.environ.get("REGULARS_BENCH_SYNCHRONOUS", SYNCHRONOUS[name])
    with _server([str(python), script, str(port), str(folder / f"{name}.sqlite3"), synchronous], port, clean):
        return _driven(port, "none", batches)


@contextmanager
def _server(call: Sequence[str], port: int, environment: dict[str, str], **words: Any) -> Iterator[None]:
    process = subprocess.Popen(call, env=environment, cwd=CHECKOUT, **words)
    try:
        for _attempt in range(200):
            if process.poll() is not None:
                raise NotMeasured(f"{call[1]} ended with {process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _driven(port: int, token: str, batches: int) -> float:
    """Events a second; a server whose answers are not all 202 is not measured."""
    _client(port, token, batches // 10, first=batches)
    answer = _client(port, token, batches, first=0)
    if answer["refused"]:
        raise NotMeasured(f"{answer['refused']:.0f} of {answer['answers']:.0f} batches were not accepted")
    return float(answer["per_second"])


def _client(port: int, token: str, batches: int, *, first: int) -> dict[str, float]:
    words = [str(port), token, str(batches), str(CONNECTIONS), str(first)]
    return _said([sys.executable, "-m", "benchmarks.ingest_client", *words], dict(os.environ))


def _said(call: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=environment, cwd=CHECKOUT)
    if done.returncode != 0:
        raise NotMeasured(f"{call[2]} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
