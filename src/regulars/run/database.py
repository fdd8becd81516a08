"""The database, brought to the state of the code before a command or a server uses it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from .progress import progress

ADVISORY_LOCK = 7_305_177
"""Any number, the same for all starts: the PostgreSQL lock under which one of them migrates."""


def migrate_when_needed() -> bool:
    """Applies what is missing and says whether anything was. Of several starts one migrates, the others wait."""
    if not _missing():
        return False
    with _alone():
        if not _missing():
            return False
        with progress("Preparing the database"):
            call_command("migrate", interactive=False, verbosity=0)
    return True


def _missing() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextmanager
def _alone() -> Iterator[None]:
    with (Path(settings.REGULARS_HOME) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.vendor == "postgresql":  # other machines may share the database, but not the folder
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
