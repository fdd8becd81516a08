"""The rows that the gate is asked about: temporary tables of the connection, emptied each time they are filled.

`gate_asked` holds one row for each question (a request, or a customer at the door of a measure) with all that the gate
reads of it; `gate_clock` the moments of welcome of each clock; `gate_room` each customer's budget. They live as long as the
connection and are nobody else's; nothing in them outlasts the transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import connection

from regulars.core import bulk
from regulars.core.models import Shop

from .addresses import ADDRESS_KINDS, normal_key
from .grounds import permit_sql

_TABLES = {
    "gate_asked": """
        id {number} PRIMARY KEY, customer_id bigint NOT NULL, measure_id bigint, channel text NOT NULL,
        purpose text NOT NULL, kind text NOT NULL, key text NOT NULL, is_plain boolean NOT NULL, rank integer,
        moment {moment}, latest {moment}, zone text NOT NULL, country text NOT NULL, gone text NOT NULL, permit bigint,
        arm text, reason text NOT NULL, is_held_out boolean NOT NULL DEFAULT FALSE, send_at {moment}, iso text,
        said text
    """,
    "gate_clock": """
        moment {moment} NOT NULL, zone text NOT NULL, country text NOT NULL, welcome {moment}, week {moment},
        month {moment}, moment_week {moment} NOT NULL, moment_month {moment} NOT NULL, iso text, moment_iso text NOT NULL,
        PRIMARY KEY (moment, zone, country)
    """,
    "gate_room": """
        customer_id {number} PRIMARY KEY, first {moment} NOT NULL, last {moment} NOT NULL, week_first {moment} NOT NULL,
        week_last {moment} NOT NULL, month_first {moment} NOT NULL, month_last {moment} NOT NULL, room integer NOT NULL,
        is_clear boolean NOT NULL, lowest integer, per_month integer NOT NULL
    """,
}

_REQUESTS = """
SELECT r.id, r.customer_id, r.measure_id, r.channel, r.purpose, r.address, COALESCE(g.rank, r.rank) AS rank,
    CASE WHEN r.earliest > %(now)s THEN r.earliest ELSE %(now)s END AS moment, r.latest
FROM contact_policy_contactrequest r
    LEFT JOIN goals_measure m ON m.id = r.measure_id LEFT JOIN goals_goal g ON g.id = m.goal_id
WHERE r.shop_id = %(shop)s AND {which}{locked}
"""
_CUSTOMERS = """
SELECT w.customer_id AS id, w.customer_id, CAST(%(measure)s AS bigint) AS measure_id, %(channel)s AS channel,
    %(purpose)s AS purpose,
    COALESCE((
        SELECT CASE WHEN i.kind = 'email' THEN i.value ELSE i.key END FROM customers_identity i
        WHERE i.customer_id = w.customer_id AND +i.shop_id = %(shop)s AND i.kind = %(kind)s
        ORDER BY i.is_primary DESC, i.id LIMIT 1
    ), '') AS address, CAST(NULL AS integer) AS rank, %(now)s AS moment, %(now)s AS latest
FROM ({ids}) w
"""
# Materialized: a permit and an arm are looked up once, then read twice.
_FILL = """
INSERT INTO gate_asked (id, customer_id, measure_id, channel, purpose, rank, moment, latest, kind, key, is_plain, zone,
    country, gone, permit, arm, reason)
WITH asked AS MATERIALIZED (
    SELECT asked.id, asked.customer_id, asked.measure_id, asked.channel, asked.purpose, asked.rank, asked.moment,
        asked.latest, {kind} AS kind, CASE WHEN NOT {plain} THEN asked.address
            WHEN asked.channel = 'email' THEN {lower} ELSE TRIM(asked.address) END AS key, {plain} AS is_plain,
        COALESCE(c.timezone, '') AS zone, COALESCE(c.country, '') AS country,
        CASE WHEN c.id IS NULL OR c.erased_at IS NOT NULL OR c.merged_into_id IS NOT NULL THEN 'erased'
            WHEN c.is_test THEN 'test' ELSE '' END AS gone,
        {permit} AS permit, {arm} AS arm
    FROM ({source}) asked LEFT JOIN customers_customer c ON c.id = asked.customer_id AND c.shop_id = %(shop)s
)
SELECT asked.*, {reason} FROM asked
"""
_ARM = """(SELECT a.arm FROM experiments_assignment a
    WHERE a.measure_id = asked.measure_id AND a.customer_id = asked.customer_id)"""
_DIALECTS = {
    # PostgreSQL lower-cases by the database's language unless told; SQLite knows ASCII only. What is not plain ASCII is
    # left to Python on both, so that keys are the same everywhere.
    "postgresql": {
        "plain": "(octet_length(asked.address) = char_length(asked.address) AND asked.address !~ '[[:cntrl:]]')",
        "lower": 'LOWER(TRIM(asked.address) COLLATE "C")',
        "ids": "SELECT unnest(%(ids)s::bigint[]) AS customer_id",
        "locked": " ORDER BY r.id FOR UPDATE OF r",
        "number": "bigint",
        "moment": "timestamptz",
        "tables": "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()",
        "ends": " ON COMMIT DELETE ROWS",
    },
    "sqlite": {
        "plain": "(asked.address NOT GLOB '*[^ -~]*')",
        "lower": "LOWER(TRIM(asked.address))",
        "ids": "SELECT value AS customer_id FROM json_each(%(ids)s)",
        "locked": "",
        "number": "integer",
        "moment": "text",
        "tables": "SELECT name FROM sqlite_temp_master",
        "ends": "",
    },
}


def execute(statement: str, values: Mapping[str, Any] | Sequence[Any]) -> int:
    """Runs one statement of the gate; returns how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, cast(Any, values))
        return int(cursor.rowcount)


def empty() -> None:
    """Makes the tables where this connection has none yet, and empties them."""
    words = _DIALECTS[connection.vendor]
    there = {name for (name,) in bulk.fetch(words["tables"])}
    with connection.cursor() as cursor:
        for name, columns in _TABLES.items():
            if name in there:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names
            else:
                cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns.format(**words)}){words['ends']}")


def fill_from_requests(which: str, reason: str, values: Mapping[str, Any]) -> int:
    """Takes the requests `which` (a condition on `r`) for this transaction and asks `reason` of each; returns how many."""
    return _fill(_REQUESTS.format(which=which, locked=_DIALECTS[connection.vendor]["locked"]), reason, _ARM, values)


def fill_from_customers(
    shop: Shop,
    customer_ids: Collection[int],
    channel: str,
    purpose: str,
    reason: str,
    now: datetime,
    measure_id: int | None,
) -> None:
    """Asks `reason` of each customer with the address that is written to: the primary one, else the oldest."""
    ids: Any = list(set(customer_ids))
    values = {
        **parameters(shop, now),
        "channel": channel,
        "purpose": purpose,
        "measure": measure_id,
        "kind": ADDRESS_KINDS.get(channel, ""),
        "ids": ids if connection.vendor == "postgresql" else bulk.among(ids)[1],
    }
    _fill(_CUSTOMERS.format(ids=_DIALECTS[connection.vendor]["ids"]), reason, "NULL", values)


def parameters(shop: Shop, now: datetime) -> dict[str, Any]:
    """What every statement of the gate may read."""
    return {"shop": shop.pk, "now": bulk.moment(now)}


def _fill(source: str, reason: str, arm: str, values: Mapping[str, Any]) -> int:
    empty()
    words = _DIALECTS[connection.vendor]
    kinds = " ".join(f"WHEN '{channel}' THEN '{kind}'" for channel, kind in ADDRESS_KINDS.items())
    statement = _FILL.format(
        source=source,
        reason=reason,
        kind=f"CASE asked.channel {kinds} ELSE '' END",
        permit=permit_sql(),
        arm=arm,
        plain=words["plain"],
        lower=words["lower"],
    )
    written = execute(statement, values)
    _read_keys(reason, values)
    return written


def _read_keys(reason: str, values: Mapping[str, Any]) -> None:
    """Addresses that are not plain ASCII: their keys are made as suppressions make them, and the gate is asked again."""
    rows = bulk.fetch("SELECT id, kind, key FROM gate_asked WHERE NOT is_plain AND kind <> ''")
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE gate_asked SET key = %s WHERE id = %s", [(normal_key(kind, key), pk) for pk, kind, key in rows]
            )
        again(reason, "NOT is_plain", values)


def again(reason: str, which: str, values: Mapping[str, Any]) -> None:
    """Asks `reason` once more of the rows `which`, after something about them became known."""
    execute(f"UPDATE gate_asked AS asked SET reason = {reason} WHERE {which}", values)  # noqa: S608 - our own words


def insert_clocks(rows: Sequence[Sequence[Any]]) -> None:
    """Fills `gate_clock`, whose columns the rows have in their order."""
    if rows:
        marks = ", ".join(["%s"] * len(rows[0]))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO gate_clock VALUES ({marks})", cast(Any, rows))  # noqa: S608 - marks only


def say(said: Sequence[tuple[str, int]]) -> None:
    """Writes what becomes of rows: pairs of what is said and the row's id."""
    if said:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE gate_asked SET said = %s WHERE id = %s", said)
