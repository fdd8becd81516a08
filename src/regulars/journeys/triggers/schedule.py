"""The trigger `schedule`: the members of a segment, by the calendar."""

import calendar
from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.decide.segments.models import SegmentMember
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Occasion, Params, Wording
from regulars.journeys.local_time import at_hour, open_days, zone_of
from regulars.journeys.models import Journey
from regulars.journeys.words import Words

from .segment_entered import SegmentEntered, segment_name

RHYTHMS = {
    "day": Words(en="every day", de="jeden Tag"),
    "week": Words(en="every week", de="jede Woche"),
    "month": Words(en="every month", de="jeden Monat"),
    "once": Words(en="once", de="einmal"),
}


class Schedule(SegmentEntered):
    """Every day, week or month, or once, at an hour on each customer’s own clock, for those who are in the segment then.

    The 31st is the last day of a shorter month. What was due before the journey was published is not made up for.
    """

    key = "schedule"
    title = gettext_lazy("By the calendar")
    icon = "calendar-clock"
    takes_present = False
    takes_members = True
    fields = (
        Field("segment", "segment", Words(en="Segment", de="Segment"), required=True),
        Field("every", "choice", Words(en="How often", de="Wie oft"), required=True, choices=RHYTHMS),
        Field("weekdays", "weekday", Words(en="On", de="Am"), Words(en="For every week.", de="Für jede Woche.")),
        Field(
            "day",
            "number",
            Words(en="Day of the month", de="Tag des Monats"),
            Words(en="For every month.", de="Für jeden Monat."),
            minimum=1,
            maximum=31,
        ),
        Field("on", "date", Words(en="On the day", de="Am Tag"), Words(en="For once.", de="Für einmal.")),
        Field(
            "hour",
            "hour",
            Words(en="At", de="Um"),
            Words(en="On the customer’s clock.", de="Nach der Uhr des Kunden."),
            required=True,
        ),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        for rhythm, name in (("week", "weekdays"), ("month", "day"), ("once", "on")):
            if (params["every"] == rhythm) != (name in params):
                yield name, _("belongs to every = “%(rhythm)s”, and only to it") % {"rhythm": rhythm}
        if isinstance(params.get("day", 1), float):
            yield "day", _("a whole number is needed")

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset()

    def find(self, journey: Journey, now: datetime, limit: int) -> list[Entry] | None:
        return []

    def due_occasions(self, journey: Journey, now: datetime) -> list[Occasion]:
        trigger, shop = journey.definition["trigger"], journey.shop
        return [
            Occasion(f"day:{day}:{name}", {"day": day.isoformat(), "zone": name})
            for day, names in open_days(shop, now, trigger["hour"]).items()
            if is_due(trigger, day)
            for name in names
            if at_hour(day, zone_of(name, shop), trigger["hour"]) > journey.published_at
        ]

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        members = SegmentMember.objects.filter(
            segment_id=journey.definition["trigger"]["segment_id"],
            customer_id__gt=after,
            customer__timezone=data["zone"],
            customer__merged_into=None,
        )
        ids = members.order_by("customer_id").values_list("customer_id", flat=True)[:limit]
        return [Entry(pk, f"day:{data['day']}") for pk in ids]

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("%(rhythm)s at %(hour)s o’clock: the segment “%(name)s”") % {
            "rhythm": RHYTHMS[params["every"]],
            "hour": params["hour"],
            "name": segment_name(params),
        }


def is_due(trigger: Params, day: date) -> bool:
    """Whether a day is one of those on which the schedule looks."""
    if trigger["every"] == "week":
        return bool(day.isoweekday() in trigger["weekdays"])
    if trigger["every"] == "month":
        return bool(day.day == min(trigger["day"], calendar.monthrange(day.year, day.month)[1]))
    return bool(trigger["every"] == "day" or day.isoformat() == trigger["on"])
