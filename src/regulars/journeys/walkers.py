"""Enrolments as the engine moves them on: taken in plain SQL, since a model instance costs more than a whole step."""

from datetime import datetime
from typing import Any

from regulars.core import bulk
from regulars.core.claim import skip_locked
from regulars.core.models import Shop


class Walker:
    """One due enrolment, with the attributes of the model that steps read.

    gone: why the customer cannot go on, whatever the step: erased, merged, test, objection; else empty.
    """

    __slots__ = (
        "_entered_at",
        "_step_at",
        "arm",
        "attempts",
        "customer_id",
        "entry_key",
        "gone",
        "journey_id",
        "pk",
        "step",
    )

    def __init__(self, row: tuple[Any, ...]) -> None:
        (
            self.pk,
            self.customer_id,
            self.journey_id,
            self.arm,
            self.step,
            self._step_at,
            self._entered_at,
            self.entry_key,
            self.attempts,
            self.gone,
        ) = row

    @property
    def step_at(self) -> datetime:
        """When the customer came to the step."""
        return bulk.as_moment(self._step_at)  # type: ignore[no-any-return]

    @property
    def entered_at(self) -> datetime:
        """When the customer came into the journey."""
        return bulk.as_moment(self._entered_at)  # type: ignore[no-any-return]


# COALESCE: of a plain column, SQLite's driver would make a datetime at once; few steps ask for one.
_DUE = """
SELECT e.id, e.customer_id, e.journey_id, e.arm, e.step, COALESCE(e.step_at, NULL), COALESCE(e.entered_at, NULL), e.entry_key,
    e.attempts, CASE WHEN c.erased_at IS NOT NULL THEN 'erased' WHEN c.merged_into_id IS NOT NULL THEN 'merged'
        WHEN c.is_test THEN 'test'
        WHEN EXISTS (SELECT 1 FROM contact_policy_objection o WHERE o.customer_id = e.customer_id) THEN 'objection'
        ELSE '' END
FROM journeys_enrolment e JOIN customers_customer c ON c.id = e.customer_id
WHERE e.shop_id = %(shop)s AND {which}
"""
_BY_TIME = "e.status = 'due' AND e.due_at <= %(now)s ORDER BY e.due_at, e.id LIMIT %(limit)s"
_LOST = "e.status = 'claimed' AND e.lease_until < %(now)s LIMIT %(limit)s"
_ONE = """e.id = %(pk)s
    AND (e.status = 'due' AND e.due_at <= %(now)s OR e.status = 'claimed' AND e.lease_until < %(now)s)"""


def due(shop: Shop, now: datetime, limit: int) -> list[Walker]:
    """Takes up to `limit` due enrolments for this transaction, the longest due first; those of other workers are left.

    Rows that an older version of the house claimed are taken when their lease ran out.
    """
    found = _take(_BY_TIME, shop=shop.pk, now=bulk.moment(now), limit=limit)
    if len(found) < limit:
        found += _take(_LOST, shop=shop.pk, now=bulk.moment(now), limit=limit - len(found))
    return found


def one(shop: Shop, pk: int, now: datetime) -> list[Walker]:
    """Takes this enrolment, if it is due still and in no other worker's hands."""
    return _take(_ONE, shop=shop.pk, pk=pk, now=bulk.moment(now))


def _take(which: str, **values: Any) -> list[Walker]:
    return [Walker(row) for row in bulk.fetch(_DUE.format(which=which) + skip_locked("e"), values)]
