"""The trigger `event`: something happened to a customer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop
from regulars.decide.segments import rules
from regulars.journeys import data_rules
from regulars.journeys.fields import Field
from regulars.journeys.gatherings import WORD, gathering_values
from regulars.journeys.kinds import Entry, Params, TriggerKind, Wording
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event

OF_GATHERINGS = "gathering."
YEAR = timedelta(days=365)
OWN = ("journey.entered", "journey.left")


class Happened(TriggerKind):
    """Any type of event, if wanted only those whose data, or whose customer's profile, fit a rule.

    The event is the key of the entry: a replay of it lets nobody in twice. Imported history starts nothing.
    """

    key = "event"
    tells = ("gathering",)
    title = gettext_lazy("Something happens")
    icon = "zap"
    fields = (
        Field("type", "event_type", Words(en="Event", de="Ereignis"), required=True),
        Field("where", "data_rule", Words(en="Only if the event says", de="Nur wenn das Ereignis besagt")),
        Field("profile", "rule", Words(en="Only if the profile says", de="Nur wenn das Profil besagt")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if params["type"] in OWN:
            yield "type", _("a journey that starts journeys could run in circles: use another event")

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({params["type"]})

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        events = Event._base_manager.filter(shop=shop, type=params["type"], at__gte=now - YEAR)
        living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)
        living = living.filter(pk__in=events.filter(customer_id__isnull=False).values("customer_id"))
        if params.get("profile"):
            living = living.filter(pk__in=rules.queryset(shop, params["profile"], now).values("customer_id"))
        return living

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        trigger = journey.definition["trigger"]
        fitting = [
            event
            for event in events
            if event.type == trigger["type"]
            and event.customer_id is not None
            and data_rules.holds(trigger.get("where"), event.data)
        ]
        if fitting and trigger.get("profile"):
            fits = rules.queryset(journey.shop, trigger["profile"], now)
            wanted = {event.customer_id for event in fitting}
            inside = set(fits.filter(customer_id__among=wanted).values_list("customer_id", flat=True))
            fitting = [event for event in fitting if event.customer_id in inside]
        return [Entry(event.customer_id, _key(event)) for event in fitting]

    def values(
        self, shop: Shop, enrolments: Sequence[Any], locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        return gathering_values(shop, enrolments)

    def describe(self, params: Params, playbook: Wording) -> str:
        known = EVENT_TYPES.get(params["type"])
        what = str(known.title) if known else params["type"]
        if params.get("where") or params.get("profile"):
            return _("When this happens: %(what)s, under conditions") % {"what": what}
        return _("When this happens: %(what)s") % {"what": what}


def _key(event: Any) -> str:
    """The event is the key; one of a gathering names that too, so that steps and messages are about it and no other."""
    if event.type.startswith(OF_GATHERINGS) and isinstance(event.data.get("gathering"), int):
        return f"{WORD}:{event.data['gathering']}:event:{event.pk}"
    return f"event:{event.pk}"
