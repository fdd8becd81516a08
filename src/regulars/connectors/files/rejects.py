"""The reject file: every line that was not taken, as it was, with its number, the column and the reason."""

import csv
from collections.abc import Iterator
from pathlib import Path

from .mapping import Mapping
from .source import chunks, header_of
from .staging import Reject


def write_reject_file(source: Path, mapping: Mapping, rejects: Iterator[Reject], target: Path) -> int:
    """Writes the rejected lines with their cells, and returns how many there are; no file where there are none.

    The source is read a second time, beside the rejects, which lie in the order of its lines.
    """
    reject = next(rejects, None)
    if reject is None:
        target.unlink(missing_ok=True)
        return 0
    names = list(dict.fromkeys(header_of(source, mapping)))
    count = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reject_line", "reject_column", "reject_reason", *names])
        for chunk in chunks(source, mapping, names):
            lines = chunk.lines.to_pylist()
            places = {line: place for place, line in enumerate(lines)}
            last = max([*lines[-1:], *(line for line, _ in chunk.malformed)], default=0)
            while reject is not None and reject[0] <= last:
                place = places.get(reject[0])
                cells = [] if place is None else [chunk.columns[name][place].as_py() for name in names]
                writer.writerow([*reject, *cells])
                count += 1
                reject = next(rejects, None)
    return count
