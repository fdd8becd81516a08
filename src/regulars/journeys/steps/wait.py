"""The step `wait`: lets time pass, by the customer's own calendar and clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.local_time import add_days, next_hour, next_weekday, zones_of
from regulars.journeys.words import Words


class Wait(StepKind):
    """days, hours: how long; days are those of the customer's calendar, of 23 or 25 hours at a clock change. until_hour,
    weekdays: then on to the next moment at which the customer's clock and calendar show one of them.
    """

    key = "wait"
    title = gettext_lazy("Wait")
    icon = "clock"
    fields = (
        Field("days", "duration", Words(en="Days", de="Tage"), minimum=0, maximum=3650, unit="days", default=0),
        Field("hours", "duration", Words(en="Hours", de="Stunden"), minimum=0, maximum=8760, unit="hours", default=0),
        Field(
            "until_hour",
            "hour",
            Words(en="Then until this hour", de="Dann bis zu dieser Uhrzeit"),
            Words(en="On the customer’s clock.", de="Nach der Uhr des Kunden."),
        ),
        Field("weekdays", "weekday", Words(en="Then until one of these days", de="Dann bis zu einem dieser Tage")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if not params:
            yield "days", _("say how long, or until when")

    def run(self, batch: Batch) -> list[Move]:
        params, now = batch.params, batch.now
        if not any(params.get(name) is not None for name in ("until_hour", "weekdays")) and not params.get("days"):
            return [batch.forward(one, now + timedelta(hours=params.get("hours", 0))) for one in batch.enrolments]
        zones = zones_of(batch.shop, (one.customer_id for one in batch.enrolments))
        ends: dict[ZoneInfo, datetime] = {}
        for zone in set(zones.values()):
            ends[zone] = end_of(params, now, zone)
        return [batch.forward(one, ends[zones[one.customer_id]]) for one in batch.enrolments]

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        parts: list[Any] = []
        if params.get("days"):
            parts.append(ngettext("%(n)s day", "%(n)s days", params["days"]) % {"n": params["days"]})
        if params.get("hours"):
            parts.append(ngettext("%(n)s hour", "%(n)s hours", params["hours"]) % {"n": params["hours"]})
        if params.get("weekdays"):
            names = " / ".join(str(WEEKDAYS[day - 1]) for day in params["weekdays"])
            parts.append(_("until %(days)s") % {"days": names})
        if params.get("until_hour") is not None:
            parts.append(_("until %(hour)s o’clock on the customer’s clock") % {"hour": params["until_hour"]})
        return ", ".join(parts)


def end_of(params: Params, now: datetime, zone: ZoneInfo) -> datetime:
    """When a wait that begins now ends for customers in `zone`."""
    after = add_days(now, zone, params.get("days", 0)) + timedelta(hours=params.get("hours", 0))
    weekdays = params.get("weekdays", ())
    if params.get("until_hour") is not None:
        return next_hour(after, zone, params["until_hour"], weekdays)
    return next_weekday(after, zone, weekdays) if weekdays else after
