"""The shared ground of the commands: database, progress, answers, addresses, children."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.core.errors import Refused
from regulars.run import processes
from regulars.run.answer import print_json
from regulars.run.children import Child, run_together
from regulars.run.progress import progress

SOURCES = str(Path(__file__).resolve().parents[3])


@dataclass
class Figure:
    key: str
    value: Decimal


def test_answers_are_one_json_document(capsys):
    print_json(
        {"on": date(2026, 6, 10), "at": datetime(2026, 6, 10, 8, tzinfo=UTC), "of": Figure("ü", Decimal("1.50"))}
    )

    assert json.loads(capsys.readouterr().out) == {
        "on": "2026-06-10",
        "at": "2026-06-10T08:00:00+00:00",
        "of": {"key": "ü", "value": 1.5},
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_cannot_say_is_a_defect(value):
    with pytest.raises((ValueError, TypeError)):
        print_json({"value": value})


def test_quick_work_shows_nothing_and_slow_work_says_so_on_stderr_only(capsys):
    with progress("Quick", total=2, patience=5) as work:
        work.advance()
    quick = capsys.readouterr()
    with progress("Slow", total=2, patience=0.01) as work:
        work.advance()
        time.sleep(0.1)
    slow = capsys.readouterr()

    assert (quick.out, quick.err) == ("", "")
    assert (slow.out, slow.err) == ("", "Slow …\nSlow: 0 s\n")


def test_the_address_that_is_shown_can_be_opened():
    assert processes.address_of("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert processes.address_of("::", 1) == "http://[::1]:1"
    assert processes.address_of("fe80::1", 1) == "http://[fe80::1]:1"
    assert processes.address_of("shop.example", 80) == "http://shop.example:80"


def test_a_server_takes_its_own_address_unless_the_environment_says_another(monkeypatch):
    monkeypatch.delenv("REGULARS_BASE_URL", raising=False)
    monkeypatch.delenv("REGULARS_ALLOWED_HOSTS", raising=False)
    assert processes.own_settings("http://192.0.2.7:9000") == {
        "REGULARS_BASE_URL": "http://192.0.2.7:9000",
        "REGULARS_ALLOWED_HOSTS": "127.0.0.1,localhost,[::1],192.0.2.7",
    }

    monkeypatch.setenv("REGULARS_BASE_URL", "https://regulars.example")
    monkeypatch.setenv("REGULARS_ALLOWED_HOSTS", "regulars.example")
    assert processes.own_settings("http://192.0.2.7:9000") == {
        "REGULARS_BASE_URL": "https://regulars.example",
        "REGULARS_ALLOWED_HOSTS": "regulars.example",
    }


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(Refused, match=r"cannot listen on 192\.0\.2\.7, port 8000"):
        processes.listen("192.0.2.7", 8000)


def idle() -> None:
    """A child that hears no SIGTERM."""
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(os.environ["SEEN"]).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(60)


def quit_soon() -> None:
    """A child that ends by itself once the other runs."""
    while not Path(os.environ["SEEN"]).exists():
        time.sleep(0.02)


def test_a_child_that_hears_no_sigterm_is_ended_after_its_grace(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", SOURCES)
    seen = tmp_path / "seen"
    here = "regulars.run.tests.test_ground"
    began = time.monotonic()

    code = run_together(
        [
            Child("deaf", f"{here}:idle", environment={"SEEN": str(seen)}),
            Child("short", f"{here}:quit_soon", environment={"SEEN": str(seen)}),
        ],
        grace=0.5,
    )

    assert code == 1
    assert time.monotonic() - began < 10
    assert "The short process ended by itself (exit 0); stopping." in capfd.readouterr().err
    with pytest.raises(ProcessLookupError):
        os.kill(int(seen.read_text(encoding="utf-8")), 0)


@pytest.mark.slow
def test_starts_that_come_at_once_migrate_once(home):
    code = (
        "import django; django.setup();"
        "from regulars.run.database import migrate_when_needed; print(migrate_when_needed())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "REGULARS_DATABASE"}
    environment |= {
        "REGULARS_HOME": str(home),
        "PYTHONPATH": SOURCES,
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }

    starts = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]

    assert sorted(process.communicate(timeout=60)[0].strip() for process in starts) == ["False", "False", "True"]
    assert [process.returncode for process in starts] == [0, 0, 0]
