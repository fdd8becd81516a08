"""The verb `grant_due`: the serialised sweep decides waiting requests as a set, whole customers at a time."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy import asked, caps, room
from regulars.decide.contact_policy.gate import ask_requests
from regulars.decide.contact_policy.grounds import consent_sql, ground_sql
from regulars.decide.contact_policy.models import ContactRequest, Decision

from .exact import Outranked, decide_left

AHEAD = timedelta(hours=24)
"""Requests that may go out within this time are decided together."""
BATCH = 5000

# The words stand in the statements, not beside them: the indexes of waiting requests hold nothing else.
_OF_SERVICE = "{r}.status = 'waiting' AND {r}.purpose = 'service' AND {r}.earliest <= %(until)s"
_OF_ADVERTISING = "{r}.status = 'waiting' AND {r}.purpose <> 'service' AND {r}.earliest <= %(until)s"
_SERVICE = f"""r.id IN (
    SELECT s.id FROM contact_policy_contactrequest s WHERE s.shop_id = %(shop)s AND {_OF_SERVICE.format(r="s")}
    ORDER BY s.earliest, s.id LIMIT %(limit)s
)"""  # noqa: S608 - our own words
_DUE = f"""
SELECT EXISTS (
    SELECT 1 FROM contact_policy_contactrequest r WHERE r.shop_id = %(shop)s AND {_OF_SERVICE.format(r="r")}
), (
    SELECT r.customer_id FROM contact_policy_contactrequest r
    WHERE r.shop_id = %(shop)s AND {_OF_ADVERTISING.format(r="r")} ORDER BY r.customer_id LIMIT 1
), (
    SELECT r.customer_id FROM contact_policy_contactrequest r
    WHERE r.shop_id = %(shop)s AND {_OF_ADVERTISING.format(r="r")} ORDER BY r.customer_id LIMIT 1 OFFSET %(limit)s - 1
)
"""  # noqa: S608 - our own words


@transaction.atomic
def grant_due(shop: Shop, now: datetime, limit: int = BATCH, *, is_exact: bool = False) -> int:
    """Decides about `limit` waiting requests that are due within 24 hours; returns how many.

    Service messages first, which need no budget and so wait for nobody; then all requests of the next customers: a budget
    is one customer's, so that only the order among their own requests matters, by rank of the goal, then latest time.
    Only one call for a shop at a time (the sweep is serial). Each answer is a Decision. A constant number of queries.

    is_exact: counts every budget moment by moment; the outcome is the same, which a test holds against the quick form.
    """
    values: dict[str, Any] = {"shop": shop.pk, "until": bulk.moment(now + AHEAD), "limit": limit}
    ((is_service_due, first, last),) = bulk.fetch(_DUE, values)
    found = _grant(shop, _SERVICE, values, now) if is_service_due else 0
    if first is None or found >= limit:
        return found
    which = _OF_ADVERTISING.format(r="r")
    if last is not None:
        which, values["last"] = f"{which} AND r.customer_id <= %(last)s", last
    return found + _grant(shop, which, values, now, is_exact=is_exact)


def _grant(shop: Shop, which: str, values: dict[str, Any], now: datetime, *, is_exact: bool = False) -> int:
    found = ask_requests(shop, which, values, now)
    if found:
        outranked = decide_left(shop, now) if room.decide(shop, now, is_exact=is_exact) else []
        caps.keep(shop, now)
        _write(shop, outranked, now)
    return found


# The sign keeps SQLite from walking all requests and looking for each among those asked.
_ANSWER = """
UPDATE contact_policy_contactrequest SET
    status = CASE WHEN a.said = '' THEN 'granted' ELSE 'refused' END,
    reason = CASE WHEN a.reason = '' THEN a.said ELSE a.reason END,
    send_at = CASE WHEN a.said = '' THEN a.send_at END,
    consent_id = CASE WHEN a.said = '' THEN <consent> END,
    decided_at = %(now)s, confirmed_at = NULL
FROM gate_asked a WHERE contact_policy_contactrequest.id = +a.id
"""
_TELL = """
INSERT INTO contact_policy_decision (shop_id, customer_id, measure_id, request_id, at, stage, outcome, reason, data)
SELECT %(shop)s, a.customer_id, a.measure_id, a.id, %(now)s, 'grant', CASE WHEN a.said = '' THEN 'granted' ELSE 'refused' END,
    CASE WHEN a.reason <> '' THEN a.reason WHEN a.said = '' THEN 'ok' ELSE a.said END,
    (CASE WHEN a.said = '' THEN '{"send_at": "' || a.iso || '", "ground": "' || <ground> || '"}' ELSE '{}' END)<json>
FROM gate_asked a
"""


def _write(shop: Shop, outranked: Sequence[Outranked], now: datetime) -> None:
    """Writes the answers of `gate_asked`, one statement for the requests, one for the Decisions; then who gave way."""
    values = asked.parameters(shop, now)
    asked.execute(_ANSWER.replace("<consent>", consent_sql("a.permit")), values)
    json_type = "::jsonb" if connection.vendor == "postgresql" else ""
    asked.execute(_TELL.replace("<ground>", ground_sql("a.permit")).replace("<json>", json_type), values)
    if not outranked:
        return
    refused = {"status": ContactRequest.Status.REFUSED.value, "reason": "outranked"}
    bulk.change(
        ContactRequest,
        [one.grant.pk for one in outranked],
        {**refused, "send_at": None, "consent_id": None, "decided_at": values["now"], "confirmed_at": None},
    )
    bulk.insert(
        Decision,
        DECISION,
        [
            (
                shop.pk, one.grant.customer_id, one.grant.measure_id, one.grant.pk, values["now"],
                Decision.Stage.GRANT.value, Decision.Outcome.REFUSED.value, "outranked",
                json.dumps({"by": one.by.pk, "by_measure": one.by.measure_id}),
            )
            for one in outranked
        ],
    )  # fmt: skip


DECISION = ("shop_id", "customer_id", "measure_id", "request_id", "at", "stage", "outcome", "reason", "data")
"""Columns of a Decision, as `bulk.insert` takes them."""
