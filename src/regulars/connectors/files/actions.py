"""Verbs of file imports: start a run, perform it (again and again, until it is through), remove what is old."""

import fcntl
import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from regulars.core.actions import audit, create_shop
from regulars.core.claim import DueRow
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.upkeep import note_sizes

from .customer_rows import import_customers
from .mapping import preset_text, read_mapping
from .models import ImportRun
from .order_import import import_orders
from .rejects import write_reject_file
from .source import digest_of, header_of
from .staging import Staging

KEPT = timedelta(days=30)
"""How long uploaded files and reject files are kept: both hold personal data."""
LEASE = timedelta(minutes=10)
PAUSE = timedelta(seconds=1)
"""Between two notes of the progress on the row."""
COUNTS = ("rows", "orders", "customers", "returns", "rejected", "unchanged")


def shop_for_import(slug: str, *, now: datetime, create: bool = False, **fields: Any) -> Shop:
    """The shop to import into. With `create` it is made if it is not there; one that is there is not changed."""
    shop = Shop.objects.filter(slug=slug).first()
    if shop is None and not create:
        raise Refused(f"there is no shop {slug!r}; make it with --create-shop --currency EUR --timezone Europe/Berlin")
    return shop or create_shop(slug, now=now, **{name: value for name, value in fields.items() if value})


def folder() -> Path:
    """Where uploads, staging and reject files lie."""
    made = Path(settings.REGULARS_HOME) / "imports"
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


@transaction.atomic
def start_run(
    shop: Shop,
    kind: str,
    path: Path,
    *,
    now: datetime,
    preset: str = "",
    mapping: str = "",
    is_dry_run: bool = False,
    is_uploaded: bool = False,
    file_name: str = "",
    staff: Staff | None = None,
) -> ImportRun:
    """Makes the row of an import, or takes up the one of the same file and mapping that was broken off.

    Uploaded ones are due at once for a worker; others are performed by who started them.
    """
    text = mapping or preset_text(preset)
    read_mapping(text, preset or "of yours", kind)
    digest = digest_of(path)
    broken_off = ImportRun._base_manager.filter(
        shop=shop, kind=kind, digest=digest, mapping=text, is_dry_run=False, is_uploaded=False,
        status=DueRow.Status.CLAIMED,
    ).order_by("-pk")  # fmt: skip
    run = None if is_dry_run or is_uploaded else broken_off.first()
    if run is not None:
        ImportRun._base_manager.filter(pk=run.pk).update(path=str(path))
        run.path = str(path)
        return run
    run = ImportRun._base_manager.create(
        shop=shop,
        kind=kind,
        path=str(path),
        file_name=(file_name or path.name)[:200],
        digest=digest,
        preset=preset,
        mapping=text,
        is_dry_run=is_dry_run,
        is_uploaded=is_uploaded,
        status=DueRow.Status.DUE if is_uploaded else DueRow.Status.CLAIMED,
        due_at=now if is_uploaded else None,
        staff=staff,
        created_at=now,
    )
    audit("import.started", now=now, shop=shop, staff=staff, target=run, file=run.file_name, kind=kind)
    return run


def perform(
    run: ImportRun, now: datetime, *, clock: Callable[[], datetime], tell: Callable[[int, int], None] | None = None
) -> ImportRun:
    """Imports the file of a run to its end. What was done before it was broken off is not done again.

    tell: `(lines done, lines in all)`. Refused, with the row marked as failed, where the file or mapping is at fault.
    """
    with _alone(run):
        try:
            _perform(run, now, clock, tell or (lambda done, total: None))
        except Refused as refusal:
            _end(run, DueRow.Status.FAILED, clock(), error=str(refusal))
            raise
        if not run.is_dry_run:
            note_sizes()
    return run


def _perform(run: ImportRun, now: datetime, clock: Callable[[], datetime], tell: Callable[[int, int], None]) -> None:
    began = clock()

    noted = began

    def told(done: int, total: int) -> None:
        nonlocal noted
        tell(done, total)
        moment = clock()
        if moment - noted < PAUSE:
            return
        noted = moment
        ImportRun._base_manager.filter(pk=run.pk).update(
            progress=min(99, 100 * done // max(total, 1)), lease_until=moment + LEASE
        )

    staging = Staging(run.folder)
    perform_kind = import_orders if run.kind == ImportRun.Kind.ORDERS else import_customers
    try:
        with _lean():
            perform_kind(run, staging, now, told)
    except Refused:
        if staging.parts:
            _keep_rejects(run, staging)
        raise
    _keep_rejects(run, staging)
    run.seconds += (clock() - began).total_seconds()
    _end(run, DueRow.Status.DONE, clock())


def _keep_rejects(run: ImportRun, staging: Staging) -> None:
    target = folder() / f"rejects-{run.pk}.csv"
    mapping = read_mapping(run.mapping, run.preset, run.kind)
    rejected = write_reject_file(Path(run.path), mapping, staging.rejects(), target)
    run.counts = {name: run.counts.get(name, 0) for name in COUNTS} | {"rejected": rejected}
    run.reject_path = str(target) if rejected else ""


@transaction.atomic
def _end(run: ImportRun, status: str, now: datetime, error: str = "") -> None:
    run.status, run.error, run.ended_at, run.due_at, run.progress = status, error, now, None, 100
    run.lease_until, run.lease_token = None, ""
    run.save()
    audit("import.ended", now=now, shop=run.shop, staff=run.staff, target=run, status=status, counts=run.counts)
    Staging(run.folder).remove()


@contextmanager
def _lean() -> Iterator[None]:
    """Quick and small while an import runs.

    Rows come and go by the million and hold no circles: looking for some after each 700 costs a quarter of the time. And
    SQLite does not map its file into memory, which would grow with what is imported, nor does it wait for the disk after
    each batch: what a power cut takes of the last ones it takes together with the checkpoint, and they are written again.
    The end of the run, which is what is told, is on the disk.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 10, 10)
    told = {name: _pragma(name, value) for name, value in {"mmap_size": 0, "synchronous": 1}.items()}
    try:
        yield
    finally:
        gc.set_threshold(*before)
        for name, value in told.items():
            if value is not None:
                _pragma(name, value)


def _pragma(name: str, value: int) -> int | None:
    """Sets a number of SQLite's, and returns what it was before; elsewhere, and inside a transaction, nothing."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return None
    with connection.cursor() as cursor:
        before = cursor.execute(f"PRAGMA {name}").fetchone()
        cursor.execute(f"PRAGMA {name} = {int(value)}")
    return int(before[0]) if before else None


@contextmanager
def _alone(run: ImportRun) -> Iterator[None]:
    """One process at a time performs a run; the lock ends with the process, however that ends."""
    with (folder() / f"run-{run.pk}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("this import is being performed by another process") from error
        yield
    (folder() / f"run-{run.pk}.lock").unlink(missing_ok=True)


def preview(path: Path, kind: str, text: str, rows: int = 5) -> tuple[list[str], list[list[str]]]:
    """The header and the first rows of a file, as texts. Refused as the import would."""
    from .source import chunks

    mapping = read_mapping(text, "chosen", kind)
    header = header_of(path, mapping)
    unique = list(dict.fromkeys(header))
    for chunk in chunks(path, mapping, unique):
        columns = [chunk.columns[name].slice(0, rows).to_pylist() for name in unique]
        return unique, [["" if cell is None else str(cell) for cell in row] for row in zip(*columns, strict=True)]
    return unique, []


@transaction.atomic
def remove_old(shop: Shop, now: datetime) -> int:
    """Removes uploaded files and reject files after KEPT; the rows stay as history."""
    old = ImportRun._base_manager.filter(shop=shop, ended_at__lt=now - KEPT).exclude(path="", reject_path="")
    removed = 0
    for run in old.exclude(reject_path="", is_uploaded=False)[:100]:
        if run.reject_path:
            Path(run.reject_path).unlink(missing_ok=True)
        if run.is_uploaded and run.path:
            shutil.rmtree(Path(run.path).parent, ignore_errors=True)
        ImportRun._base_manager.filter(pk=run.pk).update(reject_path="", path="")
        removed += 1
    return removed
