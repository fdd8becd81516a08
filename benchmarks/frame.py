"""The frame of the benchmarks: what a row is, how files are found, how references are installed, how figures are printed."""

import argparse
import gc
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parent


class NotMeasured(Exception):
    """The benchmark cannot run here (no server, reference not to be had) or its answer is not that of the reference."""


@dataclass(frozen=True)
class RowSpec:
    """A row before it is measured. `must` and `aim` are ratios: our speed divided by the reference's; None: not set."""

    row: str
    unit: str
    reference: str
    must: float | None
    aim: float | None

    def measured(self, value: float, reference_value: float) -> "Row":
        """The row with our figure and the reference's, both in `unit`, more being better."""
        ratio = value / reference_value
        return Row(self.row, value, self.unit, self.reference, reference_value, ratio, self.must, self.aim)

    def missing(self) -> "Row":
        """The row without figures."""
        return Row(self.row, None, self.unit, self.reference, None, None, self.must, self.aim)


@dataclass(frozen=True)
class Row:
    """One measured row, in the order in which it is printed."""

    row: str
    value: float | None
    unit: str
    reference: str
    reference_value: float | None
    ratio: float | None
    must: float | None
    aim: float | None

    @property
    def kept(self) -> bool | None:
        """Whether the row reached its must; None where it was not measured or has none."""
        return None if self.ratio is None or self.must is None else self.ratio >= self.must


@dataclass(frozen=True)
class Benchmark:
    """A file of this folder."""

    name: str
    rows: tuple[RowSpec, ...]
    run: Callable[[float], list[Row]]


def benchmarks() -> list[Benchmark]:
    """All benchmarks, by name: every file of this folder that has `ROWS` and `run`."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem in {"__init__", "frame"}:
            continue
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "ROWS") and hasattr(module, "run"):
            found.append(Benchmark(path.stem, tuple(module.ROWS), module.run))
    return found


def chosen(wanted: Sequence[str]) -> list[tuple[Benchmark, list[RowSpec]]]:
    """The benchmarks to run with the rows to show. A word names a row (`clv.lifetimes`), a family (`clv`) or a file.

    No words: all. Raises KeyError with the words that name nothing.
    """
    known = benchmarks()
    if not wanted:
        return [(benchmark, list(benchmark.rows)) for benchmark in known]
    used: set[str] = set()
    result = []
    for benchmark in known:
        rows = []
        for spec in benchmark.rows:
            words = {word for word in wanted if word in {spec.row, spec.row.partition(".")[0], benchmark.name}}
            used |= words
            if words:
                rows.append(spec)
        if rows:
            result.append((benchmark, rows))
    if unknown := sorted(set(wanted) - used):
        raise KeyError(", ".join(unknown))
    return result


def measure(
    selection: Iterable[tuple[Benchmark, list[RowSpec]]],
    scale: float,
    tell: Callable[[str], None],
    done: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Runs the selection one after another; `tell` hears what is running and why a row has no figures, `done` is called
    after each benchmark."""
    measured = []
    for benchmark, specs in selection:
        tell(f"{benchmark.name} …")
        began = time.monotonic()
        try:
            rows = {row.row: row for row in benchmark.run(scale)}
        except NotMeasured as reason:
            tell(f"{benchmark.name}: not measured: {reason}")
            rows = {}
        else:
            tell(f"{benchmark.name}: {time.monotonic() - began:.0f} s")
        measured += [rows.get(spec.row) or spec.missing() for spec in specs]
        gc.collect()
        done()
    return measured


def seconds(
    work: Callable[[], object], times: int = 5, pick: Callable[[list[float]], float] = statistics.median
) -> float:
    """The median time of `work` over so many runs, after one that is not counted (imports, caches).

    `pick` = min where two short pieces of our own work are compared, which a busy machine would disturb unequally.
    """
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return pick(taken)


def home() -> Path:
    """Where benchmarks keep their state: `$REGULARS_HOME/bench`."""
    folder = Path(os.environ.get("REGULARS_HOME") or CHECKOUT / "var").resolve() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def reference_python(name: str, requirements: Sequence[str]) -> Path:
    """The Python of an environment of its own, `bench/<name>`, with exactly these requirements; made on first use."""
    folder = home() / name
    python = folder / "bin" / "python"
    stamp, wanted = folder / "stamp", "\n".join(requirements)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    venv.create(folder, clear=True, with_pip=True)
    call = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=_clean_environment())
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotMeasured(f"the reference {name} could not be installed: {last}")
    stamp.write_text(wanted)
    return python


def run_reference(python: Path, script: str, *arguments: str) -> dict[str, Any]:
    """What `references/<script>`, run by that Python, printed as JSON on its last line."""
    call = [str(python), str(FOLDER / "references" / script), *arguments]
    done = subprocess.run(call, check=False, capture_output=True, text=True, env=_clean_environment())
    if done.returncode != 0:
        raise NotMeasured(f"{script} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def same_digits(ours: dict[str, float], theirs: dict[str, float], digits: int) -> None:
    """Refuses a comparison of speeds whose answers differ in the first `digits` digits."""
    for name, value in theirs.items():
        if abs(ours[name] - value) > 0.5 * 10.0 ** (1 - digits) * abs(value):
            raise NotMeasured(f"{name} is {ours[name]:.8g} here and {value:.8g} in the reference")


def print_table(rows: Sequence[Row]) -> None:
    """The rows for people; the ratio stands beside what it must and should be."""
    print(f"{'row':<20} {'ours':>14} {'reference':>14} {'ratio':>9} {'must':>7} {'aim':>7}  unit, reference")
    for row in rows:
        figures = [_short(row.value), _short(row.reference_value), _short(row.ratio), _short(row.must), _short(row.aim)]
        mark = "  BELOW" if row.kept is False else ""
        sizes = (14, 14, 9, 7, 7)
        numbers = " ".join(f"{figure:>{size}}" for figure, size in zip(figures, sizes, strict=True))
        print(f"{row.row:<20} {numbers}  {row.unit}, {row.reference}{mark}")


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _clean_environment() -> dict[str, str]:
    """Ours without what would make the reference's Python load our packages."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m benchmarks.frame [ROW]… [--scale N] [--json]`; `./regulars bench` is the same."""
    parser = argparse.ArgumentParser(prog="benchmarks.frame")
    parser.add_argument("row", nargs="*")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    rows = measure(chosen(asked.row), asked.scale, lambda text: print(text, file=sys.stderr, flush=True))
    if asked.json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}))
    else:
        print_table(rows)
    return 0


if __name__ == "__main__":
    # This file runs as __main__; the benchmarks know it by its own name, and so must what catches their NotMeasured.
    sys.exit(importlib.import_module("benchmarks.frame").main())
