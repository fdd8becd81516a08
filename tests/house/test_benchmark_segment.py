"""The benchmark of segments in miniature: both sides count the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_rule_counts_what_the_sql_by_hand_counts(tmp_path: Path) -> None:
    environment = {**os.environ, "REGULARS_HOME": str(tmp_path), "PYTHONPATH": str(CHECKOUT / "src")}
    call = [sys.executable, "-m", "benchmarks.frame", "segment", "--scale", "0.005", "--json"]
    done = subprocess.run(call, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)["rows"]
    assert [row["row"] for row in rows] == ["segment.sql", "segment.duckdb"]
    assert all(row["ratio"] is not None and row["ratio"] > 0 for row in rows), done.stderr
    assert not list(tmp_path.rglob("segment.sqlite3*"))
