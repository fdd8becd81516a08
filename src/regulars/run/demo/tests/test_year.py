"""The demo's year, told in 24 days to 400 customers: every measure runs through the real engine, and the pack opens."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from regulars.run.demo.pack import unpack
from regulars.run.demo.story import CAMPAIGNS, EVENINGS, MEASURES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    folder = tmp_path_factory.mktemp("year")
    call = [sys.executable, "-m", "regulars.run.demo", "--days", "24", "--customers", "400", "--into", str(folder)]
    path = {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}
    done = subprocess.run(call, env=os.environ | path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads((folder / "year.json").read_text("utf-8"))["days"] == 24
    unpack(folder / "year.xz", folder / "year.sqlite3", 0)
    with closing(sqlite3.connect(folder / "year.sqlite3")) as opened:
        yield opened


def test_every_measure_runs_and_no_sweep_failed(played: sqlite3.Connection) -> None:
    failed = played.execute("SELECT sweep, last_error FROM core_timetableentry WHERE last_error <> ''").fetchall()
    assert failed == []
    measures = {key for (key,) in played.execute("SELECT key FROM goals_measure")}
    assert {key.replace("_", "-") for _day, key, _holdout, _present in MEASURES} <= measures
    campaigns = dict(played.execute("SELECT name, status FROM campaigns_campaign").fetchall())
    assert campaigns.keys() == {mailing.name for mailing in CAMPAIGNS}
    assert set(campaigns.values()) <= {"done", "sending"}


def test_people_answer_come_and_are_called(played: sqlite3.Connection) -> None:
    (gatherings,) = played.execute("SELECT COUNT(*) FROM gatherings_gathering").fetchone()
    (came,) = played.execute("SELECT COUNT(*) FROM gatherings_attendance WHERE checked_in_at IS NOT NULL").fetchone()
    (shipped,) = played.execute("SELECT COUNT(*) FROM orders_shipment WHERE delivered_at IS NOT NULL").fetchone()
    (left,) = played.execute("SELECT COUNT(*) FROM orders_checkout WHERE left_at IS NOT NULL").fetchone()
    channels = {channel for (channel,) in played.execute("SELECT DISTINCT channel FROM messaging_message")}
    assert gatherings == len(EVENINGS)
    assert came
    assert shipped
    assert left
    assert "email" in channels


def test_nobody_of_a_holdout_was_written_to(played: sqlite3.Connection) -> None:
    (touched,) = played.execute(
        "SELECT COUNT(*) FROM messaging_message m JOIN experiments_assignment a ON a.measure_id = m.measure_id"
        " AND a.customer_id = m.customer_id WHERE a.arm = 'holdout' AND m.sent_at IS NOT NULL"
    ).fetchone()
    (held_out,) = played.execute("SELECT COUNT(*) FROM experiments_assignment WHERE arm = 'holdout'").fetchone()
    assert held_out
    assert not touched
