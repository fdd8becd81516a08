"""Clock and budget of all that was asked, as a set: who may be contacted when, and for whom there is room.

The budget has two forms. Here it is counted in SQL for the customers whose history is clear; `actions.exact` decides the
others with `Budget`, moment by moment. A customer is clear when

- all planned moments (of the requests, and of grants that were not used yet) lie within seven days,
- no contact lies where it would count for one planned moment and not for another, and none in the future,
- no grant of a lower goal would have to give way.

Then every window of 7 or 30 days that ends at the last planned moment holds all that any other window holds, so that
the room is one number, and it goes to the requests in their order: rank of the goal, latest time, age. (Let t be the
planned moments, none more than 7 days after the first. A window that ends at e lies within [e - 7 d, e] and reaches back
to the first t; contacts before the first t - 7 d are in none, and those since the last t - 7 d in all, if none lies between.)
"""

from datetime import datetime

from regulars.core import bulk
from regulars.core.models import Shop

from . import asked
from .budget import MONTH, WEEK
from .gate import clock_of
from .grounds import ADVERTISING, names
from .quiet import SILENT, next_welcome

_CLOCKS = "SELECT DISTINCT moment, zone, country FROM gate_asked WHERE reason = ''"


def read_clocks(shop: Shop) -> None:
    """Fills `gate_clock`: the first welcome moment after each moment asked for, on each customer's own clock."""
    moment = bulk.moments()
    rows = []
    for begin, zone, country in bulk.fetch(_CLOCKS):
        at = bulk.as_moment(begin)
        welcome = next_welcome(at, clock_of(shop, zone, country))
        rows.append(
            (
                begin, zone, country, moment(welcome), *(moment(welcome and welcome - span) for span in (WEEK, MONTH)),
                moment(at - WEEK), moment(at - MONTH), welcome and welcome.isoformat(), at.isoformat(),
            )
        )  # fmt: skip
    asked.insert_clocks(rows)


# When it may go out: in a welcome hour if that is not too late; a service message else at once, since an answer that the
# customer waits for is not lost to the night; null when it is too late. A service mail goes at once at any hour: it wakes
# nobody, and whoever orders at night looks for the confirmation at night; so does what rings for nobody. One that is too
# late still asks for room.
_TIMED = """
    SELECT a.id, a.customer_id, a.purpose, a.rank, a.latest,
        CASE WHEN {is_waiting} THEN k.welcome
            WHEN (a.purpose = 'service' OR a.channel IN ({silent})) AND a.moment <= a.latest THEN a.moment END AS send_at,
        CASE WHEN {is_waiting} THEN k.iso ELSE k.moment_iso END AS iso,
        CASE WHEN {is_waiting} THEN k.welcome ELSE a.moment END AS at,
        CASE WHEN {is_waiting} THEN k.week ELSE k.moment_week END AS week,
        CASE WHEN {is_waiting} THEN k.month ELSE k.moment_month END AS month
    FROM gate_asked a JOIN gate_clock k ON k.moment = a.moment AND k.zone = a.zone AND k.country = a.country
    WHERE a.reason = ''
""".replace(
    "{is_waiting}",
    "k.welcome <= a.latest AND a.channel NOT IN ({silent}) AND NOT (a.purpose = 'service' AND a.channel = 'email')",
).replace("{silent}", names(SILENT))
_PLANNED = """
INSERT INTO gate_room (customer_id, first, last, week_first, week_last, month_first, month_last, is_clear, per_month, room)
SELECT one.*, CASE WHEN one.per_month < %(per_week)s THEN one.per_month ELSE %(per_week)s END FROM (
    SELECT timed.customer_id, MIN(timed.at), MAX(timed.at), MIN(timed.week), MAX(timed.week), MIN(timed.month),
        MAX(timed.month), MAX(timed.week) <= MIN(timed.at),
        CASE WHEN MIN(w.per_month) < %(per_month)s THEN MIN(w.per_month) ELSE %(per_month)s END AS per_month
    FROM ({timed}) timed LEFT JOIN contact_policy_contactwish w ON w.customer_id = timed.customer_id
    WHERE timed.purpose IN ({advertising}) GROUP BY timed.customer_id
) one
"""
# Contacts and unused grants are read by one statement: one that is used meanwhile is neither missed nor seen twice.
# The cross joins and the signs tell SQLite to come from the few customers, not through all rows of the shop.
_TAKEN = """
UPDATE gate_room SET lowest = taken.lowest, is_clear = is_clear AND taken.strange = 0,
    room = CASE WHEN %(per_week)s - taken.week < per_month - taken.month THEN %(per_week)s - taken.week
        ELSE per_month - taken.month END
FROM (
    SELECT customer_id, SUM(week) AS week, SUM(month) AS month, SUM(strange) AS strange, MAX(lowest) AS lowest FROM (
        SELECT c.customer_id, CASE WHEN c.at >= w.week_last THEN 1 ELSE 0 END AS week,
            CASE WHEN c.at >= w.month_last THEN 1 ELSE 0 END AS month,
            CASE WHEN c.at > %(now)s OR c.at >= w.week_first AND c.at < w.week_last
                OR c.at >= w.month_first AND c.at < w.month_last THEN 1 ELSE 0 END AS strange, NULL AS lowest
        FROM gate_room w CROSS JOIN contact_policy_contact c
        WHERE c.customer_id = w.customer_id AND c.at >= %(month_ago)s AND +c.shop_id = %(shop)s AND c.purpose IN ({advertising})
        UNION ALL
        SELECT w.customer_id, 1, 1, CASE WHEN {planned} < w.week_last OR {planned} > w.last THEN 1 ELSE 0 END,
            CASE WHEN r.confirmed_at IS NULL THEN COALESCE(g.rank, r.rank) END
        FROM gate_room w CROSS JOIN contact_policy_contactrequest r
            LEFT JOIN goals_measure m ON m.id = r.measure_id LEFT JOIN goals_goal g ON g.id = m.goal_id
        WHERE r.customer_id = w.customer_id AND r.status = 'granted' AND +r.shop_id = %(shop)s AND r.purpose IN ({advertising})
    ) one GROUP BY customer_id
) taken
WHERE taken.customer_id = gate_room.customer_id
"""
_WHEN = "COALESCE(r.confirmed_at, CASE WHEN r.send_at > %(now)s THEN r.send_at ELSE %(now)s END)"
_SAID = """
UPDATE gate_asked SET send_at = answered.send_at, iso = answered.iso,
    said = CASE WHEN answered.place > answered.room THEN 'budget' WHEN answered.send_at IS NULL THEN 'too_late' ELSE '' END
FROM (
    SELECT timed.id, timed.send_at, timed.iso, w.room,
        SUM(CASE WHEN timed.send_at IS NULL THEN 0 ELSE 1 END) OVER (
            PARTITION BY timed.customer_id, w.customer_id ORDER BY timed.rank, timed.latest, timed.id
            ROWS UNBOUNDED PRECEDING
        ) + CASE WHEN timed.send_at IS NULL THEN 1 ELSE 0 END AS place
    FROM ({timed}) timed
        LEFT JOIN gate_room w ON w.customer_id = timed.customer_id AND timed.purpose IN ({advertising})
) answered
WHERE answered.id = gate_asked.id
"""
_UNCLEAR = """
UPDATE gate_asked SET said = NULL WHERE reason = '' AND purpose IN ({advertising})
    AND customer_id IN (
        SELECT customer_id FROM gate_room WHERE NOT is_clear
        UNION ALL
        SELECT w.customer_id FROM gate_room w JOIN gate_asked a ON a.customer_id = w.customer_id
        WHERE a.said = 'budget' AND a.send_at IS NOT NULL AND a.rank < w.lowest
    )
"""


def decide(shop: Shop, now: datetime, *, is_exact: bool = False) -> int:
    """Tells in `said` what becomes of each row that nothing refused: "" (granted, at `send_at`), budget, too_late.

    It stays null where the budget must be decided exactly; returns how many rows these are. With `is_exact`, all.
    """
    read_clocks(shop)
    words = {"timed": _TIMED, "advertising": names(ADVERTISING), "planned": _WHEN}
    values = {
        **asked.parameters(shop, now),
        "month_ago": bulk.moment(now - MONTH),
        "per_week": shop.contacts_per_week,
        "per_month": shop.contacts_per_month,
    }
    if asked.execute(_PLANNED.format(**words), values):
        asked.execute(_TAKEN.format(**words), values)
    if is_exact:
        asked.execute("UPDATE gate_room SET is_clear = FALSE", ())
    asked.execute(_SAID.format(**words), values)
    return asked.execute(_UNCLEAR.format(**words), values)
