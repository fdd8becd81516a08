"""The trigger `segment_left`: customers who fall out of a segment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.decide.segments.event_types import SEGMENT_LEFT
from regulars.journeys.kinds import Entry, Params, Wording
from regulars.journeys.models import Journey

from .segment_entered import SegmentEntered, entries_of, segment_name


class SegmentLeft(SegmentEntered):
    """Customers who are in the segment no longer. Changing its rule is no news."""

    key = "segment_left"
    title = gettext_lazy("Leaves a segment")
    icon = "user-minus"
    takes_present = False

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({SEGMENT_LEFT})

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        return entries_of(journey, events, SEGMENT_LEFT, "left")

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When a customer leaves the segment “%(name)s”") % {"name": segment_name(params)}
