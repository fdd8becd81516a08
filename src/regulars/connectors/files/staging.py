"""Staging: the checked lines of a file on disk, cut into parts by order, so that all lines of an order lie in one part.

This is what lets lines of one order lie scattered in a file of any size, while memory holds one part at a time. Staging
is a pure function of file, mapping and shop: a run that was killed finds it finished, or makes it anew just the same.
"""

import heapq
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

PART_ROWS = 100_000
MOST_PARTS = 400

Reject = tuple[int, str, str]
"""(line, column, reason)."""


class Staging:
    """The folder of one run. `parts` is 0 until the lines are staged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {}
        if (folder / "staged.json").exists():
            self.state = json.loads((folder / "staged.json").read_text())

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return int(self.state.get("parts", 0))

    def matches(self, key: str) -> bool:
        """Whether the lines of just this file and mapping are staged, to the last."""
        return self.state.get("key") == key

    def write(self, key: str, expected_rows: int, tables: Iterable[tuple[pa.Table, list[Reject], int]]) -> None:
        """Stages `(checked lines, rejected lines, rows read)` of each chunk; the last step is the mark that it is whole."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        parts = min(MOST_PARTS, 1 + expected_rows // PART_ROWS)
        rows = staged = 0
        with ExitStack() as stack:
            writers: dict[int, Any] = {}
            rejects = stack.enter_context(self._rejects("read").open("w", encoding="utf-8"))
            for table, refused, read in tables:
                rows += read
                staged += len(table)
                write_rejects(rejects, refused)
                for part, lines in _cut(table, parts):
                    if part not in writers:
                        sink = stack.enter_context(pa.OSFile(str(self._part(part)), "wb"))
                        writers[part] = stack.enter_context(pa.ipc.new_stream(sink, table.schema))
                    writers[part].write_table(lines)
        self.state = {"key": key, "parts": parts, "rows": rows, "staged": staged}
        _write_whole(self.folder / "staged.json", json.dumps(self.state))

    def _part(self, part: int) -> Path:
        return self.folder / f"part-{part}.arrow"

    def _rejects(self, name: str) -> Path:
        return self.folder / f"rejects-{name}.jsonl"

    def part(self, number: int) -> pa.Table | None:
        """The lines of one part, as they lay in the file; None if it has none."""
        if not self._part(number).exists():
            return None
        with pa.OSFile(str(self._part(number)), "rb") as source, pa.ipc.open_stream(source) as reader:
            return reader.read_all().combine_chunks()

    def note_rejects(self, part: int, rejects: list[Reject]) -> None:
        """Keeps the lines of a part that were refused together with their order. Again is the same."""
        with self._rejects(str(part)).open("w", encoding="utf-8") as file:
            write_rejects(file, sorted(rejects))

    def rejects(self) -> Iterator[Reject]:
        """All rejects in the order of their lines, one a line."""
        files = [*sorted(self.folder.glob("rejects-*.jsonl"))]
        before = 0
        for line, column, reason in heapq.merge(*(_read_rejects(file) for file in files)):
            if line != before:
                yield line, column, reason
            before = line

    def remove(self) -> None:
        """Takes the folder away; the run is over."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _cut(table: pa.Table, parts: int) -> Iterator[tuple[int, pa.Table]]:
    """The lines of a chunk by part: CRC-32 of the key modulo the number of parts."""
    if parts == 1 or not len(table):
        yield from [(0, table)] if len(table) else []
        return
    coded = table["key"].combine_chunks().dictionary_encode()
    of_key = pa.array([zlib.crc32(key.encode()) % parts for key in coded.dictionary.to_pylist()], pa.int16())
    of_line = of_key.take(coded.indices)
    order = pc.sort_indices(of_line)  # stable: the order of the file is kept within a part
    table, of_line = table.take(order), of_line.take(order)
    start = 0
    for part, count in zip(*_runs(of_line), strict=True):
        yield part, table.slice(start, count)
        start += count


def _runs(values: pa.Array) -> tuple[list[int], list[int]]:
    coded = pc.run_end_encode(values)
    ends = coded.run_ends.to_pylist()
    return coded.values.to_pylist(), [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def write_rejects(file: IO[str], rejects: Iterable[Reject]) -> None:
    """Appends rejects, one JSON list a line."""
    for reject in rejects:
        file.write(json.dumps(reject, ensure_ascii=False) + "\n")


def _read_rejects(path: Path) -> Iterator[Reject]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            line, column, reason = json.loads(text)
            yield line, column, reason


def _write_whole(path: Path, text: str) -> None:
    """Writes a file that is either whole or not there, whatever happens."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
