"""The source: a file read in chunks of rows, each row with the line on which it begins. Memory does not grow with it."""

import codecs
import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.core.errors import Refused

from .mapping import Mapping

CHUNK_ROWS = 50_000
LONGEST_LINE = 1_000_000
"""Bytes; a longer line is a broken file (a quote that is never closed, no line ends at all), not an order."""
SIGNS = ",;\t|"


@dataclass
class Chunk:
    """Rows of a file. columns: name in the file → values (texts in CSV, as typed in Parquet); lines: where each begins.

    malformed: `(line, reason)` of rows that could not be cut into cells.
    """

    columns: dict[str, pa.Array]
    lines: pa.Array
    malformed: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits. Refused if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"the file {path} cannot be read: {error.strerror}") from error


def is_parquet(path: Path) -> bool:
    """Whether the file says so in its first bytes, whatever it is called. Refused for files of other kinds."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == b"PK\x03\x04":
        raise Refused(f"{path.name} is a spreadsheet or zip file: save it as CSV (UTF-8)")
    if head == b"":
        raise Refused(f"{path.name} is empty")
    return head == b"PAR1"


def expected_rows(path: Path) -> int:
    """About how many rows the file has, from its size."""
    if is_parquet(path):
        return int(_parquet(path).metadata.num_rows)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return max(1, path.stat().st_size // (8 if packed else 50))


def header_of(path: Path, mapping: Mapping) -> list[str]:
    """Names of the columns, in order."""
    if is_parquet(path):
        return [str(name) for name in _parquet(path).schema_arrow.names]
    with _opened(path) as stream:
        return _header(stream, path.name, mapping)[0]


def chunks(path: Path, mapping: Mapping, columns: Sequence[str]) -> Iterator[Chunk]:
    """The rows of the file with these columns. Refused, naming line and column, where the file itself is broken."""
    yield from _parquet_chunks(path, columns) if is_parquet(path) else _csv_chunks(path, mapping, columns)


# ---------------------------------------------------------------------------------------------------------- Parquet


def _parquet(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path.name} is not a readable Parquet file: {error}") from error


def _parquet_chunks(path: Path, columns: Sequence[str]) -> Iterator[Chunk]:
    first = 1
    with _parquet(path) as file:
        for name in columns:
            kind = file.schema_arrow.field(name).type
            if pa.types.is_nested(kind) or pa.types.is_duration(kind):
                raise Refused(f"column {name!r} of {path.name} holds {kind}, which no column of an import can be")
        try:
            for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=list(columns), use_threads=False):
                values = {name: _plain(batch.column(name)) for name in batch.schema.names}
                yield Chunk(values, pa.array(range(first, first + batch.num_rows), pa.int64()))
                first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise Refused(f"{path.name} is broken after row {first - 1}: {error}") from error


def _plain(column: pa.Array) -> pa.Array:
    """Without dictionaries and large or binary texts, so that few types are left to think of."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if (
        pa.types.is_large_string(column.type)
        or pa.types.is_binary(column.type)
        or pa.types.is_large_binary(column.type)
    ):
        return column.cast(pa.string())
    return column


# -------------------------------------------------------------------------------------------------------------- CSV


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return io.BufferedReader(gzip.open(path), 1 << 20) if packed else path.open("rb", buffering=1 << 20)


def _header(stream: IO[bytes], name: str, mapping: Mapping) -> tuple[list[str], str]:
    """The names of the columns and the delimiter; the stream stands on the second line."""
    first = _line(stream, name, 1, "")
    for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if first.startswith(mark):
            raise Refused(f"line 1 of {name}: the file is in UTF-16 or UTF-32; save it as UTF-8")
    first = first.removeprefix(codecs.BOM_UTF8)
    text = _decoded(first, 1, name, mapping.encoding, [], ",")
    delimiter = mapping.delimiter or max(SIGNS, key=text.count)
    cells = next(csv.reader([text], delimiter=delimiter), [])
    if not any(cell.strip() for cell in cells):
        raise Refused(f"line 1 of {name}: there is no header with the names of the columns")
    return cells, delimiter


def _line(stream: IO[bytes], name: str, number: int, delimiter: str, header: Sequence[str] = ()) -> bytes:
    try:
        line = stream.readline(LONGEST_LINE + 1)
    except (OSError, EOFError) as error:  # gzip: broken or cut off
        raise Refused(f"line {number} of {name}: the packed file is broken here ({error})") from error
    if len(line) > LONGEST_LINE:
        place = _column_at(line.decode("latin-1"), delimiter, header)
        raise Refused(f"line {number} of {name}{place}: the line is longer than {LONGEST_LINE:,} bytes")
    return line


def _column_at(before: str, delimiter: str, header: Sequence[str]) -> str:
    """`, column 'x'` of the cell in which the text `before` ends."""
    if not delimiter or not header:
        return ""
    try:
        index = len(next(csv.reader([before], delimiter=delimiter), [""])) - 1
    except csv.Error:  # the cell is larger than the reader takes: then count
        index = before.count(delimiter)
    return f", column {header[max(0, index)]!r}" if index < len(header) else f", cell {index + 1}"


def _decoded(line: bytes, number: int, name: str, encoding: str, header: Sequence[str], delimiter: str) -> str:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        place = _column_at(line[: error.start].decode(encoding, "replace") + "x", delimiter, header)
        raise Refused(
            f"line {number} of {name}{place}: the byte 0x{line[error.start]:02X} is not {encoding.upper()}; "
            'name the encoding in the mapping, such as encoding = "cp1252"'
        ) from error
    if "\0" in text:
        place = _column_at(text.partition("\0")[0] + "x", delimiter, header)
        raise Refused(f"line {number} of {name}{place}: there is a NUL character; is this a text file in UTF-8?")
    return text


def _csv_chunks(path: Path, mapping: Mapping, columns: Sequence[str]) -> Iterator[Chunk]:
    name = path.name
    with _opened(path) as stream:
        header, delimiter = _header(stream, name, mapping)
        wanted = [header.index(column) for column in columns]
        reader = csv.reader(_texts(stream, name, mapping.encoding, header, delimiter), delimiter=delimiter)
        rows: list[list[str]] = []
        lines: list[int] = []
        malformed: list[tuple[int, str]] = []
        width, begin = len(header), 2
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise Refused(
                    f"line {begin} of {name}, column {header[0]!r}: {error}; is a quote never closed?"
                ) from error
            if row is None or len(rows) + len(malformed) >= CHUNK_ROWS:
                yield _chunk(rows, lines, malformed, columns, wanted)
                rows, lines, malformed = [], [], []
            if row is None:
                return
            if len(row) == width:
                rows.append(row)
                lines.append(begin)
            elif row:
                malformed.append((begin, _wrong_width(row, header)))
            begin = reader.line_num + 2


def _wrong_width(row: Sequence[str], header: Sequence[str]) -> str:
    if len(row) < len(header):
        return f"{len(row)} cells instead of {len(header)}: the column {header[len(row)]!r} is missing"
    return f"{len(row)} cells instead of {len(header)}: there is a cell after the last column {header[-1]!r}"


def _texts(stream: IO[bytes], name: str, encoding: str, header: Sequence[str], delimiter: str) -> Iterator[str]:
    number = 2
    while line := _line(stream, name, number, delimiter, header):
        yield _decoded(line, number, name, encoding, header, delimiter)
        number += 1


def _chunk(
    rows: list[list[str]],
    lines: list[int],
    malformed: list[tuple[int, str]],
    columns: Sequence[str],
    wanted: Sequence[int],
) -> Chunk:
    by_column = list(zip(*rows, strict=True)) if rows else []
    values = {
        column: pa.array(by_column[index] if rows else [], pa.string())
        for column, index in zip(columns, wanted, strict=True)
    }
    return Chunk(values, pa.array(lines, pa.int64()), malformed)
