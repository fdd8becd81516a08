"""Measure our speed against real programs, as ratios in one run."""

import dataclasses
import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from regulars.core.errors import Refused
from regulars.run.answer import print_json
from regulars.run.progress import progress

NEEDS = "nothing"
LOCK = "dev"
EXAMPLE = "./regulars bench clv spend --scale 0.1 --json"

CHECKOUT = Path(__file__).resolve().parents[4]


def command(
    row: Annotated[
        list[str] | None, typer.Argument(help="Rows (clv.lifetimes) or families (clv); default: all.")
    ] = None,
    scale: Annotated[float, typer.Option(min=0.001, help="Size of the work; 1 is that of the design.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Measure speed, each row against a real program that the benchmark installs into REGULARS_HOME/bench and runs on the
    same data in the same run. The ratio is our speed divided by the reference's; MUST is the least that is kept.
    """
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    frame = importlib.import_module("benchmarks.frame")
    try:
        selection = frame.chosen(row or [])
    except KeyError as unknown:
        known = ", ".join(spec.row for benchmark in frame.benchmarks() for spec in benchmark.rows)
        raise Refused(f"No row is called {unknown.args[0]}. There are: {known}.") from unknown
    with progress("Measuring", total=len(selection)) as work:
        rows = frame.measure(selection, scale, lambda text: print(text, file=sys.stderr, flush=True), work.advance)
    if as_json:
        print_json({"rows": [dataclasses.asdict(measured) for measured in rows]})
    else:
        frame.print_table(rows)
    if all(measured.value is None for measured in rows):
        raise Refused("Nothing could be measured: the reasons stand above.")
