"""Which days of the records changed since the last snapshot: triggers write a TouchedDay, so that no writer can forget to.

Triggers and not an action or a listener, because imports, merges and repairs by hand count too, and because asking the
records "what changed?" would read all of them. They are set by the first snapshot (which reads everything anyway) and set
again, followed by a whole rebuild, if they are missing: a restored or restructured table loses them.
"""

from datetime import date

from django.db import connection, transaction

from regulars.core.models import Shop

from .facts import FACTS, Fact
from .models import TouchedDay


def installed() -> bool:
    """Whether every trigger is in its place. One query."""
    table = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'touched%%'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'touched%%' AND NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(table)
        there = {row[0] for row in cursor.fetchall()}
    return all(_name(fact, verb) in there for fact in FACTS for verb in _VERBS)


@transaction.atomic
def install() -> None:
    """Sets the triggers anew. What was written before is not noted: a whole rebuild must follow."""
    make = _sqlite if connection.vendor == "sqlite" else _postgres
    with connection.cursor() as cursor:
        for fact in FACTS:
            for verb in _VERBS:
                for statement in make(fact, verb):
                    cursor.execute(statement)


def is_touched(shop: Shop) -> bool:
    """Whether anything was written since the last snapshot. One query."""
    return TouchedDay.objects.filter(shop=shop).exists()


@transaction.atomic
def take(shop: Shop) -> list[date]:
    """Marks the touched days as seen and returns them, with those that a builder left behind when it died.

    What commits after this marks its day anew, and what committed before is in a read that begins after this: so nothing
    falls between, in whichever order transactions commit.
    """
    TouchedDay.objects.filter(shop=shop, is_seen=False).update(is_seen=True)
    return sorted(set(TouchedDay.objects.filter(shop=shop, is_seen=True).values_list("day", flat=True)))


def forget(shop: Shop) -> None:
    """Takes the seen days away: the snapshot that has them stands."""
    TouchedDay.objects.filter(shop=shop, is_seen=True).delete()


_VERBS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def _name(fact: Fact, verb: str) -> str:
    return f"touched_{fact.name}_{verb}"


def _sqlite(fact: Fact, verb: str) -> list[str]:
    name = _name(fact, verb)
    notes = " ".join(_sqlite_note(fact, row) for row in _VERBS[verb])
    return [
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {fact.table}{_sqlite_when(fact, verb)} BEGIN {notes} END",
    ]


def _sqlite_note(fact: Fact, row: str) -> str:
    shop, day = fact.shop.format(row=row), f"substr({row}.{fact.time}, 1, 10)"
    when = f" AND {fact.when.format(row=row)}" if fact.when else ""
    return (
        f"INSERT INTO insights_touchedday (shop_id, day, is_seen) SELECT {shop}, {day}, 0 WHERE NOT EXISTS "
        f"(SELECT 1 FROM insights_touchedday WHERE shop_id = {shop} AND is_seen = 0 AND day = {day}){when};"
    )


def _sqlite_when(fact: Fact, verb: str) -> str:
    """Rows that do not matter are passed over before the trigger's statements are prepared for them."""
    if not fact.when:
        return ""
    return " WHEN " + " OR ".join(fact.when.format(row=row) for row in _VERBS[verb])


def _postgres(fact: Fact, verb: str) -> list[str]:
    """One row a statement and day, never "only if it is not there": the row of a transaction under way is not seen."""
    name = _name(fact, verb)
    tables = {"OLD": "touched_old", "NEW": "touched_new"}
    days = " UNION ".join(
        f"SELECT {fact.shop.format(row='r')}, (r.{fact.time} AT TIME ZONE 'UTC')::date FROM {tables[row]} r"
        + (f" WHERE {fact.when.format(row='r')}" if fact.when else "")
        for row in _VERBS[verb]
    )
    referencing = " ".join(f"{row} TABLE AS {tables[row]}" for row in _VERBS[verb])
    return [
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO insights_touchedday (shop_id, day, is_seen) SELECT d.*, false FROM ({days}) d; "
            "RETURN NULL; END $$"
        ),
        f"DROP TRIGGER IF EXISTS {name} ON {fact.table}",
        (
            f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {fact.table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ),
    ]
