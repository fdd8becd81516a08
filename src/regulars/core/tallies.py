"""Numbers of rows that pages show, kept by triggers: a million rows are not counted while somebody waits.

A module declares them in its `tallies.py`. Triggers and not the actions, because imports, merges, cascades and repairs by
hand change the rows too. They are set after every `migrate`, and set again (with a count of what is there) if they are
missing: a table that was rebuilt or restored loses them.

On SQLite one row holds a number. On PostgreSQL every statement adds a row of what it changed, since two transactions that
raise the same row would wait for each other; a sweep folds these rows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from .models import Shop, Tally

BETWEEN = "|"


@dataclass(frozen=True)
class Kept:
    """One kind of number. owner: column with the id of what the rows belong to; rows without are not counted.

    parts: expressions that tell the kinds apart. columns: those a change of which can change the number. when: which rows
    count. amount: what a row counts. In expressions `{row}` stands for the row.
    """

    name: str
    table: str
    owner: str
    parts: tuple[str, ...]
    columns: tuple[str, ...]
    when: str
    amount: str

    @property
    def trigger(self) -> str:
        """How its triggers begin; another definition has other ones."""
        said = "\0".join((self.table, self.owner, *self.parts, *self.columns, self.when, self.amount))
        return f"tally_{self.name}_{hashlib.sha256(said.encode()).hexdigest()[:8]}"

    def of(self, row: str) -> dict[str, str]:
        """SQL of a row: its owner, part and amount, and whether it counts."""
        when = f"{row}.{self.owner} IS NOT NULL" + (f" AND ({self.when.format(row=row)})" if self.when else "")
        part = f" || '{BETWEEN}' || ".join(one.format(row=row) for one in self.parts) or "''"
        return {"owner": f"{row}.{self.owner}", "part": part, "n": self.amount.format(row=row), "when": when}


KEPT: dict[str, Kept] = {}


def keep(
    name: str,
    table: str,
    *,
    owner: str,
    parts: Sequence[str] = (),
    columns: Sequence[str] = (),
    when: str = "",
    amount: str = "1",
) -> Kept:
    """Declares a number. columns: beside the owner, what `parts`, `when` and `amount` read and may change."""
    one = Kept(name, table, owner, tuple(parts), (owner, *columns), when, amount)
    if KEPT.setdefault(name, one) != one:
        raise ValueError(f"two tallies are called {name!r}")
    return one


def counted(one: Kept, owners: Iterable[int]) -> dict[int, dict[tuple[str, ...], int]]:
    """Of each owner, part → number; nothing that is 0. One query."""
    found: dict[int, dict[tuple[str, ...], int]] = {owner: {} for owner in owners}
    rows = Tally.objects.filter(name=one.name, owner__in=list(found)).values_list("owner", "part").annotate(Sum("n"))
    for owner, part, n in rows.order_by():
        if n:
            found[owner][tuple(part.split(BETWEEN))] = n
    return found


def missing() -> list[Kept]:
    """Those whose triggers are not all in their place."""
    there = _triggers()
    return [one for one in KEPT.values() if not {f"{one.trigger}_{verb}" for verb in _VERBS} <= there]


def install_missing(**_said: Any) -> int:
    """Sets the triggers that are missing and counts what is there, and takes away those of former definitions."""
    tables = set(connection.introspection.table_names())
    if Tally._meta.db_table not in tables:
        return 0
    needed = [one for one in missing() if one.table in tables]
    known = {f"{one.trigger}_{verb}" for one in KEPT.values() for verb in _VERBS}
    with transaction.atomic(), connection.cursor() as cursor:
        for name in sorted(_triggers() - known):
            cursor.execute(f"DROP TRIGGER {name}" if _is_sqlite() else f"DROP FUNCTION {name} CASCADE")
        if _is_sqlite():  # each time: Django loses it when it rebuilds the table, and without it the triggers fail
            cursor.execute(_ONE_ROW)
    for one in needed:
        install(one)
    return len(needed)


@transaction.atomic
def install(one: Kept) -> None:
    """Sets the triggers of one number and counts it anew. Writers of its table wait until this is committed."""
    with connection.cursor() as cursor:
        if _is_sqlite():
            cursor.execute(_ONE_ROW)
        for verb in _VERBS:
            for statement in (_sqlite if _is_sqlite() else _postgres)(one, verb):
                cursor.execute(statement)
        cursor.execute(f"DELETE FROM {_TALLY} WHERE name = %s", [one.name])
        row = one.of("r")
        cursor.execute(
            f"INSERT INTO {_TALLY} (shop_id, name, owner, part, n) SELECT r.shop_id, '{one.name}', {row['owner']},"
            f" {row['part']}, SUM({row['n']}) FROM {one.table} r WHERE {row['when']} GROUP BY 1, 2, 3, 4"
        )


def fold(shop: Shop) -> int:
    """Makes one row of the many that a number consists of; returns how many went. On SQLite there is nothing to fold.

    What is taken away and what is written in its place are the same sum, in one statement: whoever reads meanwhile sees
    either, and of two that fold at once each adds up only what it took away itself.
    """
    if _is_sqlite():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), COUNT(DISTINCT (name, owner, part)) FROM {_TALLY} WHERE shop_id = %s", [shop.pk]
        )
        rows, numbers = cursor.fetchone()
        if rows == numbers:
            return 0
        cursor.execute(
            f"WITH gone AS (DELETE FROM {_TALLY} WHERE shop_id = %s RETURNING shop_id, name, owner, part, n)"
            f" INSERT INTO {_TALLY} (shop_id, name, owner, part, n)"
            " SELECT shop_id, name, owner, part, SUM(n) FROM gone GROUP BY 1, 2, 3, 4 HAVING SUM(n) <> 0",
            [shop.pk],
        )
    return int(rows - numbers)


_TALLY = Tally._meta.db_table
_ONE_ROW = f"CREATE UNIQUE INDEX IF NOT EXISTS tally_one_row ON {_TALLY} (name, owner, part)"
"""Only on SQLite, where a number is one row."""
_VERBS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _triggers() -> set[str]:
    """The names of all triggers that keep numbers. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'tally_*'"
            if _is_sqlite()
            else "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'tally\\_%' AND NOT tgisinternal"
        )
        return {row[0] for row in cursor.fetchall()}


def _sqlite(one: Kept, verb: str) -> list[str]:
    """What a row changed, added at once to the one row that holds the number: one look-up each, for every row pays for it."""
    name, rows = f"{one.trigger}_{verb}", {row: one.of(row) for row in _VERBS[verb]}
    when = " OR ".join(row["when"] for row in rows.values())
    if verb == "update":
        when = f"({when}) AND ({' OR '.join(f'old.{column} IS NOT new.{column}' for column in one.columns)})"
    event = f"UPDATE OF {', '.join(one.columns)}" if verb == "update" else verb.upper()
    does: list[str] = []
    for key, row in rows.items():
        if key == "new":
            does.append(
                f"INSERT INTO {_TALLY} (shop_id, name, owner, part, n) SELECT new.shop_id, '{one.name}', {row['owner']},"
                f" {row['part']}, {row['n']} WHERE {row['when']}"
                " ON CONFLICT (name, owner, part) DO UPDATE SET n = n + excluded.n;"
            )
        else:  # never below what is there: whoever empties all tables may have emptied this one first
            does.append(
                f"UPDATE {_TALLY} SET n = n - {row['n']}"
                f" WHERE name = '{one.name}' AND owner = {row['owner']} AND part = {row['part']} AND {row['when']};"
            )
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER {event} ON {one.table} WHEN {when} BEGIN {' '.join(does)} END",
    ]


def _postgres(one: Kept, verb: str) -> list[str]:
    """What a statement changed, as one row for each number that is another now."""
    name = f"{one.trigger}_{verb}"
    tables = {"old": "tally_old", "new": "tally_new"}
    changes = " UNION ALL ".join(
        f"SELECT r.shop_id, {row['owner']} AS owner, {row['part']} AS part, {sign}({row['n']}) AS n"
        f" FROM {tables[key]} r WHERE {row['when']}"
        for key, row, sign in ((key, one.of("r"), "" if key == "new" else "-") for key in _VERBS[verb])
    )
    referencing = " ".join(f"{key.upper()} TABLE AS {tables[key]}" for key in _VERBS[verb])
    return [
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO {_TALLY} (shop_id, name, owner, part, n) SELECT c.shop_id, '{one.name}', c.owner, c.part, SUM(c.n)"
            f" FROM ({changes}) c GROUP BY 1, 2, 3, 4 HAVING SUM(c.n) <> 0; RETURN NULL; END $$"
        ),
        f"DROP TRIGGER IF EXISTS {name} ON {one.table}",
        (
            f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {one.table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ),
    ]
