"""Customers of the last year whom nobody has contacted for 90 days: the number is the size of a segment, kept by its sweep.

It is the figure `neglected_share` as people: the same customers, whom one can then do something for.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from regulars.core.models import Shop, Staff
from regulars.decide.segments.actions import create_segment
from regulars.decide.segments.models import Segment

KEY = "neglected"
DAYS = 90
RULE = {
    "all": [
        {"field": "orders_365", "op": "at_least", "value": 1},
        {
            "any": [
                {"field": "last_contact_at", "op": "longer_ago", "value": DAYS},
                {"field": "last_contact_at", "op": "unknown"},
            ]
        },
    ]
}


def neglected_segment() -> Segment | None:
    """The segment of the shop in scope, if somebody asked for it. One query."""
    found: Segment | None = Segment.objects.filter(key=KEY).defer("rule").first()
    return found


def make_segment(shop: Shop, now: datetime, staff: Staff | None) -> Segment:
    """The segment; made when it is asked for the first time, or was deleted."""
    return neglected_segment() or create_segment(
        shop,
        _("Neglected customers"),
        RULE,
        now=now,
        staff=staff,
        key=KEY,
        description=_("Ordered within a year, and not contacted for 90 days or never."),
    )
