"""Mails from queued row to recorded delivery, to smtp-sink, against Django's own mail and smtp-source (in C)."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.frame import CHECKOUT, NotMeasured, Row, RowSpec, home

COUNT = 10_000
SIZE = 19_000
ROWS = [
    RowSpec("mail.django", "mails/s", "Django EmailMultiAlternatives loop, one connection", must=6, aim=12),
    RowSpec("mail.c", "mails/s", "smtp-source of Postfix, 10 sessions, same size", must=0.25, aim=0.5),
    RowSpec("grow.mail", "mails/s", "the same at a tenth of the size", must=0.8, aim=1),
]


def run(scale: float) -> list[Row]:
    """All send to one smtp-sink, one after the other; ours writes its deliveries to a database with full durability."""
    count = max(500, int(COUNT * scale))
    with sink() as port:
        small = child("ours", port, count // 10)["per_second"]
        ours = child("ours", port, count)["per_second"]
        django = child("django", port, max(300, count // 10))["per_second"]
        c = smtp_source(port, count)
    return [ROWS[0].measured(ours, django), ROWS[1].measured(ours, c), ROWS[2].measured(ours, small)]


def program(name: str) -> str:
    """Postfix's program, wherever it lies."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise NotMeasured(f"{name} is not installed (package postfix)")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *as_nobody, f"127.0.0.1:{port}", "1000"])
    try:
        for _attempt in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def child(task: str, port: int, count: int) -> dict[str, float]:
    """What `mail_shop` measured in a process of its own."""
    environment = {**os.environ, "REGULARS_BENCH_HOME": str(home()), "PYTHONPATH": f"{CHECKOUT}/src:{CHECKOUT}"}
    call = [sys.executable, "-m", "benchmarks.mail_shop", task, str(port), str(count)]
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=environment, cwd=CHECKOUT)
    if done.returncode != 0:
        raise NotMeasured(f"{task} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    answer: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def smtp_source(port: int, count: int) -> float:
    """Mails a second of smtp-source with ten sessions that stay open."""
    call = [program("smtp-source"), "-d", "-s", "10", "-l", str(SIZE), "-m", str(count), "-f", "post@shop.example"]
    began = time.perf_counter()
    subprocess.run([*call, "-t", "rosa@example.com", f"127.0.0.1:{port}"], check=True)
    return count / (time.perf_counter() - began)
