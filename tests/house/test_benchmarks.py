"""The frame of the benchmarks, and the benchmarks of the models in miniature."""

import json
from pathlib import Path

import pytest
from benchmarks import frame, grow_clv, lifetimes_shop

from regulars.core.errors import Refused
from regulars.run.commands import bench


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Two benchmarks that measure nothing; the scales they were run at."""
    scales: list[float] = []
    fast = [
        frame.RowSpec("mail.one", "mails/s", "one 1.0", 6, 12),
        frame.RowSpec("mail.two", "mails/s", "two", None, 1),
    ]
    lost = [frame.RowSpec("ledger.pg", "posts/s", "pgbench", 0.25, 0.5)]

    def run_fast(scale: float) -> list[frame.Row]:
        scales.append(scale)
        return [fast[0].measured(500.0, 100.0), fast[1].measured(50.0, 100.0)]

    def run_lost(scale: float) -> list[frame.Row]:
        raise frame.NotMeasured("no PostgreSQL")

    known = [frame.Benchmark("mail", tuple(fast), run_fast), frame.Benchmark("ledger_pg", tuple(lost), run_lost)]
    monkeypatch.setattr(frame, "benchmarks", lambda: known)
    return scales


def test_every_benchmark_is_found_and_no_row_twice() -> None:
    found = frame.benchmarks()
    rows = [spec.row for benchmark in found for spec in benchmark.rows]
    assert {"clv.lifetimes", "spend.lifetimes", "grow.clv"} <= set(rows)
    assert len(rows) == len(set(rows))


def test_json_has_the_fields_of_a_row(quick: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    bench.command(["mail.one"], scale=0.5, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "rows": [
            {
                "row": "mail.one",
                "value": 500.0,
                "unit": "mails/s",
                "reference": "one 1.0",
                "reference_value": 100.0,
                "ratio": 5.0,
                "must": 6,
                "aim": 12,
            }
        ]
    }
    assert quick == [0.5]


def test_a_family_names_all_its_rows_and_the_table_shows_what_is_below(
    quick: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bench.command(["mail"], scale=1.0, as_json=False)
    _, one, two = capsys.readouterr().out.splitlines()
    assert one.split()[:6] == ["mail.one", "500", "100", "5", "6", "12"]
    assert one.endswith("BELOW")
    assert two.split()[:6] == ["mail.two", "50", "100", "0.5", "-", "1"]
    assert not two.endswith("BELOW")


def test_what_cannot_be_measured_says_why_and_has_no_figures(
    quick: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    bench.command(None, scale=1.0, as_json=True)
    out = capsys.readouterr()
    rows = {row["row"]: row for row in json.loads(out.out)["rows"]}
    assert set(rows) == {"mail.one", "mail.two", "ledger.pg"}
    assert rows["ledger.pg"]["value"] is rows["ledger.pg"]["ratio"] is None
    assert "no PostgreSQL" in out.err
    with pytest.raises(Refused, match="Nothing could be measured"):
        bench.command(["ledger"], scale=1.0, as_json=True)


def test_an_unknown_row_is_refused_with_those_there_are(quick: list[float]) -> None:
    with pytest.raises(Refused, match=r"No row is called mial\. There are: mail\.one, mail\.two, ledger\.pg\."):
        bench.command(["mial", "mail"])
    assert quick == []


def test_answers_that_differ_are_not_compared() -> None:
    frame.same_digits({"r": 0.24301}, {"r": 0.243}, 4)
    with pytest.raises(frame.NotMeasured, match="r is"):
        frame.same_digits({"r": 0.2435}, {"r": 0.243}, 4)


def test_a_reference_that_fails_is_not_measured(tmp_path: Path) -> None:
    import sys

    with pytest.raises(frame.NotMeasured, match=r"missing\.py failed"):
        frame.run_reference(Path(sys.executable), "missing.py")


def test_growth_is_measured_in_miniature() -> None:
    (row,) = grow_clv.run(0.01)
    assert row.row == "grow.clv"
    assert row.value
    assert row.reference_value
    assert row.ratio == pytest.approx(row.value / row.reference_value)


def test_the_measured_shop_is_as_shops_record_it() -> None:
    shop = lifetimes_shop.histories(5000)
    assert (shop["t_x"] <= shop["T"]).all()
    assert ((shop["x"] > 0) == (shop["t_x"] > 0)).all()
    # 39 weeks from the first to the last day, first purchases in the first eleven
    assert shop["T"].max() * 7 <= 273
    assert shop["T"].min() * 7 >= 196
    assert 0.3 < (shop["x"] > 0).mean() < 0.5
