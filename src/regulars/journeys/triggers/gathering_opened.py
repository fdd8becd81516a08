"""The trigger `gathering_opened`: customers are asked to a gathering as soon as they may answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.decide.segments.models import SegmentMember
from regulars.journeys.fields import Field
from regulars.journeys.gatherings import WORD, gathering_values
from regulars.journeys.kinds import Entry, Occasion, Params, Wording
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.reward.gatherings.event_types import GATHERING_OPENED
from regulars.reward.gatherings.models import Gathering
from regulars.reward.gatherings.variables import told

from .segment_entered import SegmentEntered, segment_name

ANY = "any"
KINDS = {
    ANY: Words(en="every gathering", de="jede Veranstaltung"),
    "meet_up": Words(en="meet-ups", de="Treffen"),
    "presentation": Words(en="presentations", de="Vorstellungen"),
    "workshop": Words(en="workshops", de="Workshops"),
    "reading": Words(en="readings", de="Lesungen"),
    "fan_party": Words(en="fan parties", de="Fanpartys"),
    "fair": Words(en="fairs", de="Messen"),
    "webinar": Words(en="webinars", de="Webinare"),
}
assert set(KINDS) == {ANY, *Gathering.Kind.values}


class GatheringOpened(SegmentEntered):
    """By the event `gathering.opened`: the members of a segment, once for each gathering.

    It only takes them in; the step `invite` puts them on the gathering's list.
    """

    key = "gathering_opened"
    title = gettext_lazy("A gathering is open for answers")
    icon = "calendar-days"
    takes_present = False
    takes_members = True
    tells = ("gathering",)
    fields = (
        Field("segment", "segment", Words(en="Segment", de="Segment"), required=True),
        Field("kinds", "choice", Words(en="Which", de="Welche"), default=ANY, choices=KINDS),
    )

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({GATHERING_OPENED})

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        return []

    def find(self, journey: Journey, now: datetime, limit: int) -> list[Entry] | None:
        return []

    def occasions(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Occasion]:
        kinds = journey.definition["trigger"].get("kinds", ANY)
        return [
            Occasion(f"{WORD}:{event.data['gathering']}", {"gathering": event.data["gathering"]})
            for event in events
            if event.type == GATHERING_OPENED and kinds in (ANY, event.data.get("kind"))
        ]

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        members = SegmentMember.objects.filter(
            segment_id=journey.definition["trigger"]["segment_id"], customer_id__gt=after, customer__merged_into=None
        )
        ids = members.order_by("customer_id").values_list("customer_id", flat=True)[:limit]
        return [Entry(pk, f"{WORD}:{data['gathering']}") for pk in ids]

    def values(
        self, shop: Shop, enrolments: Sequence[Any], locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        return gathering_values(shop, enrolments)

    def example(self, shop: Shop, params: Params, customer_id: int, locale: str, now: datetime) -> dict[str, Any]:
        still = Gathering._base_manager.filter(shop=shop, starts_at__gt=now).exclude(status=Gathering.Status.CANCELLED)
        following = still.order_by("starts_at", "pk").first()
        if following is None:
            return {}
        return {f"gathering.{name}": value for name, value in told(shop, following, locale, "invited", "#").items()}

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When customers may answer to a gathering (%(which)s): the segment “%(name)s”") % {
            "which": KINDS[params.get("kinds", ANY)],
            "name": segment_name(params),
        }
