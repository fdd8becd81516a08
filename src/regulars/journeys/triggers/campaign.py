"""The trigger `campaign`: the members of a segment, once, when the campaign is launched."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.contact_policy.models import Topic, TopicChoice
from regulars.decide.segments import rules
from regulars.decide.segments.models import Segment
from regulars.decide.segments.ready_made import READY_MADE
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Params, Publication, TriggerKind, Wording
from regulars.journeys.local_time import at_hour, zone_of
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer

ENTRY = "launch"


class Campaign(TriggerKind):
    """segment, or rule: who. topic: those who do not want it are left out, each with a Decision. Only a launch sets it off.

    The rule is asked page by page as of the moment of the launch, by whatever the profiles say then. Everybody is taken in
    once, however often a page is repeated.
    """

    key = "campaign"
    title = gettext_lazy("Launched once")
    icon = "megaphone"
    fields = (
        Field("segment", "segment", Words(en="Segment", de="Segment")),
        Field("rule", "rule", Words(en="Rule", de="Regel"), Words(en="Instead of a segment.", de="Statt Segment.")),
        Field("topic", "key", Words(en="Topic", de="Thema")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if ("segment" in params) == ("rule" in params):
            yield "segment", _("say to whom: a segment or a rule")

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        profiles = rules.queryset(shop, rule_of(shop, params), now)
        return Customer._base_manager.filter(shop=shop, merged_into=None, pk__in=profiles.values("customer_id"))

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        """The rule is frozen: a segment changed later takes nobody else in."""
        shop = publication.shop
        frozen = {**params, "rule": rule_of(shop, params)}
        if "segment" in params:
            segment = Segment._base_manager.filter(shop=shop, key=params["segment"]).first()
            frozen["name"] = segment.name if segment else params["segment"]
        if "topic" in params:
            frozen["topic_id"] = Topic._base_manager.get(shop=shop, key=params["topic"]).pk
        return frozen

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        trigger, shop = journey.definition["trigger"], journey.shop
        profiles = rules.queryset(shop, trigger["rule"], datetime.fromisoformat(data["at"]))
        rows = Customer._base_manager.filter(
            shop=shop, pk__gt=after, merged_into=None, erased_at=None, pk__in=profiles.values("customer_id")
        ).order_by("pk")
        declined = self._declined(trigger)
        people = list(rows.filter(~declined).values_list("pk", "timezone")[:limit])
        if "topic_id" in trigger:
            left_out = rows.filter(declined)
            if len(people) == limit:
                left_out = left_out.filter(pk__lt=people[-1][0])
            reasons = dict.fromkeys(left_out.values_list("pk", flat=True), "topic")
            if reasons:
                contact_policy.note_decisions(shop, journey.measure_id, reasons, now)
        day = date.fromisoformat(data["day"]) if data.get("day") else None
        begins = {name: _begin(day, name, shop, now) for name in {name for _pk, name in people}}
        return [Entry(pk, ENTRY, begins[name]) for pk, name in people]

    def _declined(self, trigger: Params) -> Any:
        if "topic_id" not in trigger:
            return Q(pk__in=())
        return Q(
            Exists(
                TopicChoice._base_manager.filter(
                    customer_id=OuterRef("pk"), topic_id=trigger["topic_id"], is_wanted=False
                )
            )
        )

    def describe(self, params: Params, playbook: Wording) -> str:
        if "segment" in params:
            return _("Once: the segment “%(name)s”") % {"name": params.get("name") or params["segment"]}
        return _("Once: everybody whom the rule takes in")


def rule_of(shop: Shop, params: Params) -> Any:
    """The rule that says who takes part. Raises Refused where the segment is gone."""
    if "rule" in params:
        return params["rule"]
    key = params["segment"]
    segment = Segment._base_manager.filter(shop=shop, key=key).first()
    if segment is not None:
        return segment.rule
    ready_made = next((one.rule for one in READY_MADE if one.key == key), None)
    if ready_made is None:
        raise Refused(_("There is no segment “%(key)s” any more: choose another.") % {"key": key})
    return ready_made


def _begin(day: date | None, zone: str, shop: Shop, now: datetime) -> datetime:
    """When the way begins for customers in a zone: as soon as the day does, there; at once without a day."""
    return now if day is None else max(now, at_hour(day, zone_of(zone, shop), 0).astimezone(now.tzinfo))
