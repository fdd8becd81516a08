"""The snapshot: a folder of Parquet files by month that agrees with the records, and how a new one takes its place.

    REGULARS_HOME/facts/<shop>/manifest.json             which files are the snapshot
    REGULARS_HOME/facts/<shop>/2026-05/<token>/…         one month: a file a fact, and spans
    REGULARS_HOME/facts/<shop>/derived/<token>/…         over all months: summary, cohort_cells

Files are never changed. A build writes new files of the touched months beside the old ones and then swaps the manifest by an
atomic rename: a reader sees the old snapshot or the new one, and a builder that is killed leaves the old one as it was.
One builder a shop works at a time (a file lock, which dies with its process); a second one waits and finds the work done.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction

from regulars.core import clock
from regulars.core.clock import day_start, local_date
from regulars.core.models import Shop

from . import touched
from .facts import COHORT_SELECT, COHORTS, FACTS, SPAN_SELECT, SPANS, SUMMARY, SUMMARY_SELECT, Fact
from .models import SnapshotState
from .periods import Period, add_months, month_of
from .reader import Read, consistent_read

FORMAT = 3
"""Raised when the files change their shape: older snapshots are then rebuilt."""
KEPT_SECONDS = 3600
"""Files of a snapshot that was replaced stay this long, for readers that are still at them."""
WHOLE_FROM_MONTHS = 24
"""When so many months are touched, one read of everything is quicker than one read a month."""
MEMORY = "2GB"
THREADS = os.cpu_count() or 1


@dataclass(frozen=True)
class Month:
    """The files of one month: where (below the shop's folder), and how many rows of each fact."""

    folder: str
    rows: dict[str, int]
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What the manifest says. token: changes with every build, so it is the key of whatever is kept of a snapshot."""

    root: Path
    token: str
    shop_id: int
    timezone: str
    as_of: datetime
    months: dict[str, Month] = field(default_factory=dict)

    def files(self, fact: str) -> list[str]:
        """Paths of one fact (or of what is derived), oldest month first; months without such rows have no file."""
        if fact in {SUMMARY, COHORTS}:
            derived = self.root / "derived" / self.token / f"{fact}.parquet"
            return [str(derived)] if self.rows("orders") else []
        name = "orders" if fact == SPANS else fact
        return [
            str(self.root / self.months[month].folder / f"{fact}.parquet")
            for month in sorted(self.months)
            if self.months[month].rows.get(name)
        ]

    def rows(self, fact: str) -> int:
        return sum(month.rows.get(fact, 0) for month in self.months.values())

    @cached_property
    def first_day(self) -> date | None:
        """Day of the first counted order, in the shop's zone."""
        return min((date.fromisoformat(m.first_day) for m in self.months.values() if m.first_day), default=None)

    @cached_property
    def last_day(self) -> date | None:
        """Day of the last counted order, in the shop's zone."""
        return max((date.fromisoformat(m.last_day) for m in self.months.values() if m.last_day), default=None)


def folder_of(shop: Shop) -> Path:
    return Path(settings.REGULARS_HOME) / "facts" / shop.slug


def current(shop: Shop) -> Snapshot | None:
    """The snapshot that stands, fresh or not; None before the first one. Reads one small file and one row."""
    present = _read_manifest(folder_of(shop))
    state = SnapshotState._base_manager.filter(shop=shop).first()
    return present if present is not None and _is_ours(present, shop, state) else None


def is_fresh(shop: Shop) -> bool:
    """Whether the snapshot agrees with the records: nothing was touched since. A constant number of small queries."""
    return current(shop) is not None and touched.installed() and not touched.is_touched(shop)


def refresh(shop: Shop, now: datetime, *, whole: bool = False) -> Snapshot:
    """The snapshot of the records as they are: unchanged if it is fresh, else with the touched months (or all) rebuilt."""
    if not whole and is_fresh(shop) and (present := current(shop)):
        return present
    root = folder_of(shop)
    root.mkdir(parents=True, exist_ok=True)
    with _only_builder(root):
        base = current(shop)
        if not touched.installed():
            touched.install()
            base = None
        if whole:
            base = None
        if base is not None and not touched.is_touched(shop):
            return base
        return _build(shop, now, root, base)


def _build(shop: Shop, now: datetime, root: Path, base: Snapshot | None) -> Snapshot:
    token = secrets.token_hex(8)
    SnapshotState._base_manager.update_or_create(shop=shop, defaults={"building": token})
    days = touched.take(shop)
    months = _local_months(days, shop.timezone)
    if base is not None and len(months) > WHOLE_FROM_MONTHS:
        base = None
    with consistent_read() as read, _engine(root) as engine:
        if base is None:
            written = _write_all(shop, root, token, read, engine)
            months_now = written
        else:
            written = _write_months(shop, root, token, read, engine, months)
            kept = {name: month for name, month in base.months.items() if name not in {f"{m:%Y-%m}" for m in months}}
            months_now = kept | written
        fresh = Snapshot(root, token, shop.pk, shop.timezone, now, months_now)
        _derive(engine, fresh)
    _swap_manifest(fresh)
    with transaction.atomic():
        SnapshotState._base_manager.filter(shop=shop).update(current=token, building="", built_at=now)
        touched.forget(shop)
    _sweep_files(fresh)
    return fresh


def _write_all(shop: Shop, root: Path, token: str, read: Read, engine: Any) -> dict[str, Month]:
    for fact in FACTS:
        _load(engine, fact, read(fact.select(shop.pk)))
    spans = [engine.execute(f"SELECT MIN(moment), MAX(moment) FROM raw_{fact.name}").fetchone() for fact in FACTS]
    ends = [local_date(moment.replace(tzinfo=UTC), shop.timezone) for span in spans for moment in span if moment]
    months = [piece.start for piece in Period(min(ends), max(ends) + timedelta(days=1)).by_month()] if ends else []
    with ThreadPoolExecutor(THREADS) as pool:
        # Months are too small for the engine to share out among processors, and waiting for the disk is idle time.
        made = pool.map(
            lambda month: _write_month(engine.cursor(), root, month_of(month), token, shop.timezone), months
        )
        return {
            f"{month:%Y-%m}": written for month, written in zip(months, made, strict=True) if any(written.rows.values())
        }


def _write_months(
    shop: Shop, root: Path, token: str, read: Read, engine: Any, months: Sequence[date]
) -> dict[str, Month]:
    written = {}
    for month in months:
        begin, end = (_moment(moment) for moment in _span(month, shop.timezone))
        for fact in FACTS:
            _load(engine, fact, read(fact.select(shop.pk, begin, end)))
        made = _write_month(engine, root, month, token, shop.timezone)
        if any(made.rows.values()):
            written[f"{month:%Y-%m}"] = made
    return written


def _load(engine: Any, fact: Fact, rows: Any) -> None:
    """Takes the rows into `raw_<fact>`, with the moment as a timestamp in UTC."""
    is_text = not pa.types.is_timestamp(rows.schema.field("moment").type)
    moment = "CAST(moment AS TIMESTAMP)" if is_text else "make_timestamp(epoch_us(moment))"
    listed = ", ".join(f"CAST({name} AS BIGINT) AS {name}" for name in fact.columns)
    engine.register("incoming", rows)
    engine.execute(f"CREATE OR REPLACE TABLE raw_{fact.name} AS SELECT {listed}, {moment} AS moment FROM incoming")
    engine.unregister("incoming")


def _write_month(engine: Any, root: Path, month: date, token: str, zone: str) -> Month:
    name = f"{month:%Y-%m}"
    folder = root / name / token
    rows = {}
    first_day = last_day = ""
    begin, end = (f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'" for moment in _span(month, zone))
    for fact in FACTS:
        of_month = (
            f"(SELECT *, {_day_sql(month, zone)} AS day FROM raw_{fact.name} "
            f"WHERE moment >= {begin} AND moment < {end})"
        )
        [(count, first, last)] = engine.execute(f"SELECT COUNT(*), MIN(day), MAX(day) FROM {of_month}").fetchall()
        rows[fact.name] = count
        if not count:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        _copy(engine, f"SELECT * FROM {of_month}", folder / f"{fact.name}.parquet")
        if fact.name == "orders":
            first_day, last_day = str(first), str(last)
            _copy(engine, SPAN_SELECT.format(month=month, orders=of_month), folder / f"{SPANS}.parquet")
    return Month(f"{name}/{token}", rows, first_day, last_day)


def _span(month: date, zone: str) -> tuple[datetime, datetime]:
    """[first instant of the month, first instant of the next) in UTC."""
    return day_start(month, zone), day_start(add_months(month, 1), zone)


def _day_sql(month: date, zone: str) -> str:
    """The day in the zone as SQL over `moment` of that month: a sum, where a lookup of the zone for each row would take
    longer than all the rest."""
    offsets = clock.offsets(*_span(month, zone), zone)
    shifted = "".join(f"WHEN moment < TIMESTAMP '{until:%Y-%m-%d %H:%M:%S}' THEN {s} " for until, s in offsets[:-1])
    seconds = f"CASE {shifted}ELSE {offsets[-1][1]} END" if shifted else str(offsets[-1][1])
    return f"CAST(moment + to_seconds({seconds}) AS DATE)"


def _derive(engine: Any, fresh: Snapshot) -> None:
    """What is asked again and again over all months, once a snapshot: small beside the months, so it is made anew."""
    if not fresh.files(SUMMARY):
        return
    summary, cohorts = Path(fresh.files(SUMMARY)[0]), Path(fresh.files(COHORTS)[0])
    summary.parent.mkdir(parents=True, exist_ok=True)
    spans = _files_as_sql(fresh.files(SPANS))
    _copy(engine, SUMMARY_SELECT.format(spans=spans), summary)
    _copy(engine, COHORT_SELECT.format(spans=spans, summary=_files_as_sql([str(summary)])), cohorts)


def _files_as_sql(files: Sequence[str]) -> str:
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    return f"read_parquet([{listed}])"


def _copy(engine: Any, select: str, path: Path) -> None:
    engine.execute(f"COPY ({select}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    with path.open("rb") as written:
        os.fsync(written.fileno())


@contextmanager
def _engine(root: Path) -> Iterator[Any]:
    """A DuckDB of its own that spills to disk instead of growing."""
    spill = root / ".spill"
    engine = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill), "threads": THREADS})
    engine.execute("SET preserve_insertion_order = false")
    try:
        yield engine
    finally:
        engine.close()
        shutil.rmtree(spill, ignore_errors=True)


@contextmanager
def _only_builder(root: Path) -> Iterator[None]:
    with (root / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_ours(snapshot: Snapshot, shop: Shop, state: SnapshotState | None) -> bool:
    """Whether these records made the snapshot, in the zone the shop has now."""
    if state is None or snapshot.shop_id != shop.pk or snapshot.timezone != shop.timezone:
        return False
    return snapshot.token in {state.current, state.building}


def _read_manifest(root: Path) -> Snapshot | None:
    try:
        said = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return None  # half a file is possible only after a power cut; it is rebuilt
    if said.get("format") != FORMAT:
        return None
    return Snapshot(
        root=root,
        token=said["token"],
        shop_id=said["shop_id"],
        timezone=said["timezone"],
        as_of=datetime.fromisoformat(said["as_of"]),
        months={name: Month(**month) for name, month in said["months"].items()},
    )


def _swap_manifest(fresh: Snapshot) -> None:
    said = {
        "format": FORMAT,
        "token": fresh.token,
        "shop_id": fresh.shop_id,
        "timezone": fresh.timezone,
        "as_of": fresh.as_of.isoformat(),
        "months": {name: asdict(month) for name, month in sorted(fresh.months.items())},
    }
    waiting = fresh.root / f".manifest-{fresh.token}"
    with waiting.open("w", encoding="utf-8") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(fresh.root / "manifest.json")


def _sweep_files(fresh: Snapshot) -> None:
    """Removes month folders that no manifest names any more and nobody can still be reading."""
    named = {month.folder for month in fresh.months.values()}
    oldest = time.time() - KEPT_SECONDS
    for folder in fresh.root.glob("[0-9]*-[0-9]*/*"):
        if f"{folder.parent.name}/{folder.name}" not in named and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in fresh.root.glob("derived/*"):
        if folder.name != fresh.token and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
    for waiting in fresh.root.glob(".manifest-*"):
        waiting.unlink(missing_ok=True)


def _local_months(days: Sequence[date], zone: str) -> list[date]:
    """The shop's months that the UTC days reach into, each as its first day."""
    months = set()
    for day in days:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for moment in (begin, begin + timedelta(days=1) - timedelta(microseconds=1)):
            months.add(month_of(local_date(moment, zone)))
    return sorted(months)


def _moment(moment: datetime) -> str:
    """As both databases compare it: SQLite keeps moments as such text, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if connection.vendor == "sqlite" else moment.isoformat()
