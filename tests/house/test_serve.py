"""`serve` is three processes that end together, within ten seconds, and leave nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures.database import migrated_database
from tests.fixtures.presence import CHECKOUT

from regulars.channels.smtp.sink import Store


def running(group_of: int) -> dict[int, str]:
    """Processes whose command line names the parent `group_of`, with their entry: the children of that serve."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if "regulars.run.children" in words and str(group_of) in words and state != "Z":
                found[int(entry.name)] = words[words.index(str(group_of)) + 1]
    return found


def wait_until(true, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := true():
            return result
        time.sleep(0.1)
    pytest.fail("it did not happen in time")


def clean_environment(home: Path) -> dict[str, str]:
    """This process's environment with a home of its own and the default database in it."""
    left_out = {"REGULARS_DATABASE", "REGULARS_BASE_URL", "REGULARS_SMTP_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return environment | {"REGULARS_HOME": str(home), "PYTHONPATH": str(CHECKOUT / "src")}


@pytest.fixture
def serving(home: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `serve` on a free port with a home of its own, and its address; by granian if asked for."""
    workers = getattr(request, "param", "0")
    shutil.copyfile(migrated_database(), home / "regulars.sqlite3")
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars.run.cli", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=clean_environment(home) | {"REGULARS_WEB_WORKERS": workers},
    )
    assert process.stdout is not None
    web = "web_workers" if int(workers) else "web"
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address is not None, line
        wait_until(
            lambda: (
                sorted(set(running(process.pid).values()))
                == [f"regulars.run.processes:{name}" for name in ("mail", web, "work")]
            )
        )
        yield process, address[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


by_either_server = pytest.mark.parametrize("serving", ["0", "2"], ids=["waitress", "granian"], indirect=True)


def answers(address: str) -> int:
    with urllib.request.urlopen(f"{address}/accounts/login/", timeout=30) as answer:
        return int(answer.status)


@pytest.mark.slow
@by_either_server
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_both_within_ten_seconds(serving, number):
    process, address = serving
    assert answers(address) == 200

    began = time.monotonic()
    process.send_signal(number)
    code = process.wait(12)

    assert code == 0
    assert time.monotonic() - began < 10
    assert running(process.pid) == {}


@pytest.mark.slow
def test_mails_go_to_the_sink_that_serve_started(serving, home):
    wait_until((home / "mail" / "port").exists)

    subprocess.run(
        [sys.executable, "-m", "regulars.run.cli", "manage", "sendtestemail", "rosa@example.com"],
        cwd=CHECKOUT,
        env=clean_environment(home),
        check=True,
        timeout=60,
    )

    store = Store(home / "mail" / "sink.sqlite3")
    try:
        [mail] = store.latest()
        kept = store.get(mail.id)
    finally:
        store.close()
    assert mail.recipient == "rosa@example.com"
    assert kept is not None
    assert b"Test email from" in kept.raw


@pytest.mark.slow
@by_either_server
def test_a_child_that_dies_brings_the_other_down_with_exit_1(serving):
    process, _address = serving
    worker = next(pid for pid, entry in running(process.pid).items() if entry.endswith(":work"))

    os.kill(worker, signal.SIGKILL)

    assert process.wait(12) == 1
    assert running(process.pid) == {}


@pytest.mark.slow
@by_either_server
def test_a_parent_that_is_killed_leaves_no_orphan(serving):
    process, _address = serving

    process.kill()
    process.wait()

    wait_until(lambda: running(process.pid) == {}, seconds=10)


@pytest.mark.slow
def test_a_port_that_is_taken_is_refused_with_the_way_out(serving, home):
    _process, address = serving
    port = address.rpartition(":")[2]

    second = subprocess.run(
        [sys.executable, "-m", "regulars.run.cli", "serve", "--port", port],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=clean_environment(home),
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"Refused: cannot listen on 127.0.0.1, port {port}: Address already in use; choose another with --port"
    )


@pytest.mark.slow
@by_either_server
def test_an_answer_to_head_has_no_body_that_the_next_answer_could_be_mistaken_for(serving):
    _process, address = serving
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(b"HEAD /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""
