"""The step `wait`: lets time pass, and if wanted goes on at an hour of the customer's day."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.local_time import next_hour, zones_of
from regulars.journeys.words import Words


class Wait(StepKind):
    """days, hours: how long. until_hour: then on to the next moment at which the customer's clock shows this hour."""

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
    )

    def run(self, batch: Batch) -> list[Move]:
        after = batch.now + timedelta(days=batch.params.get("days", 0), hours=batch.params.get("hours", 0))
        hour = batch.params.get("until_hour")
        if hour is None:
            return [batch.forward(one, after) for one in batch.enrolments]
        zones = zones_of(batch.shop, (one.customer_id for one in batch.enrolments))
        return [batch.forward(one, next_hour(after, zones[one.customer_id], hour)) for one in batch.enrolments]

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        parts: list[Any] = []
        if params.get("days"):
            parts.append(ngettext("%(n)s day", "%(n)s days", params["days"]) % {"n": params["days"]})
        if params.get("hours"):
            parts.append(ngettext("%(n)s hour", "%(n)s hours", params["hours"]) % {"n": params["hours"]})
        if params.get("until_hour") is not None:
            parts.append(_("until %(hour)s o’clock on the customer’s clock") % {"hour": params["until_hour"]})
        return ", ".join(parts)
