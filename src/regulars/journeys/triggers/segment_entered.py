"""The trigger `segment_entered`: customers who come into a segment; at the start, if wanted, those who are in it already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.segments import actions as segments
from regulars.decide.segments import rules
from regulars.decide.segments.event_types import SEGMENT_ENTERED
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.decide.segments.ready_made import READY_MADE
from regulars.journeys.answers import barring
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Params, Publication, TriggerKind, Wording
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer


def entries_of(journey: Journey, events: Sequence[Any], event_type: str, word: str) -> list[Entry]:
    """The customers whom these events name as having entered, or left, the journey's segment."""
    segment = journey.definition["trigger"]["segment"]
    return [
        Entry(event.customer_id, f"{word}:{event.at:%Y%m%dT%H%M%S}")
        for event in events
        if event.type == event_type and event.customer_id is not None and event.data.get("segment") == segment
    ]


class SegmentEntered(TriggerKind):
    """segment: key of the segment, one of the shop's own or a ready-made one.

    History is not news: who was in the segment when the journey started comes in only if that was chosen.
    """

    key = "segment_entered"
    title = gettext_lazy("Enters a segment")
    icon = "users"
    fields: ClassVar[Sequence[Field]] = (Field("segment", "segment", Words(en="Segment", de="Segment"), required=True),)
    takes_present = True

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        segment = Segment._base_manager.filter(shop=shop, key=params["segment"]).first()
        ready_made = next((one.rule for one in READY_MADE if one.key == params["segment"]), None)
        rule = segment.rule if segment else ready_made
        if rule is None:
            return Customer._base_manager.none()
        profiles = rules.queryset(shop, rule, now)
        return Customer._base_manager.filter(shop=shop, pk__in=profiles.values("customer_id"))

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        shop, key = publication.shop, params["segment"]
        segments.create_ready_made(shop, publication.now)
        segment = segments.ready_made_again(shop, key, publication.now)
        if segment is None:
            raise Refused(_("There is no segment “%(key)s” any more: make one with this short name.") % {"key": key})
        return {**params, "segment_id": segment.pk, "name": segment.name}

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({SEGMENT_ENTERED})

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        return entries_of(journey, events, SEGMENT_ENTERED, "segment")

    def find(self, journey: Journey, now: datetime, limit: int) -> list[Entry] | None:
        if not journey.takes_present:
            return []
        segment_id = journey.definition["trigger"]["segment_id"]
        if not Segment._base_manager.filter(pk=segment_id, computed_at__isnull=False).exists():
            return None
        present = SegmentMember.objects.filter(segment_id=segment_id)
        barred = barring(journey, now, ["present"]).filter(customer_id=OuterRef("customer_id"))
        ids = present.filter(customer__merged_into=None).exclude(Exists(barred)).order_by("customer_id")
        return [Entry(pk, "present") for pk in ids.values_list("customer_id", flat=True)[:limit]]

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When a customer enters the segment “%(name)s”") % {"name": segment_name(params)}


def segment_name(params: Params) -> str:
    """The name of the segment that a trigger is about."""
    ready_made = next((one.name for one in READY_MADE if one.key == params["segment"]), params["segment"])
    return str(params.get("name") or ready_made)
