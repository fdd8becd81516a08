"""The contact budget of one customer over all channels: at most so many contacts in any 7 and in any 30 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Budget:
    """per_week, per_month: contacts at most in a window of 7 and of 30 days, wherever it is laid."""

    per_week: int
    per_month: int

    def has_room(self, others: Sequence[datetime], at: datetime) -> bool:
        """Whether one more contact at `at` keeps every window within the budget, given the times of the others."""
        return _fits(others, at, WEEK, self.per_week) and _fits(others, at, MONTH, self.per_month)


def _fits(others: Sequence[datetime], at: datetime, span: timedelta, limit: int) -> bool:
    """Each window [end − span, end] that holds `at` and ends at a contact must hold at most `limit` contacts.

    Windows that end between contacts hold no more than the one that ends at the contact before.
    """
    if limit < 1:
        return False
    near = sorted([*(other for other in others if at - span <= other <= at + span), at])
    ends = [moment for moment in near if moment >= at]
    return all(sum(end - span <= moment <= end for moment in near) <= limit for end in ends)
