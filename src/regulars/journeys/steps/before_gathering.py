"""The step `before_gathering`: waits until some days before the gathering that the journey is about."""

from datetime import timedelta

from django.utils.translation import gettext_lazy, ngettext

from regulars.journeys.fields import Field
from regulars.journeys.gatherings import gatherings_of
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.local_time import at_hour, zone_of
from regulars.journeys.words import Words
from regulars.reward.gatherings.models import Gathering

from .invite import NO_GATHERING

TOO_LATE = "too_late"


class BeforeGathering(StepKind):
    """Days and hour are the shop's, as the gathering's are. Who comes later than that leaves; so does everybody where the
    gathering was called off.
    """

    key = "before_gathering"
    title = gettext_lazy("Wait until before the gathering")
    icon = "calendar-clock"
    fields = (
        Field(
            "days",
            "duration",
            Words(en="Days before", de="Tage davor"),
            required=True,
            minimum=0,
            maximum=90,
            unit="days",
        ),
        Field("hour", "hour", Words(en="From this hour on", de="Ab dieser Uhrzeit"), default=10),
    )

    def run(self, batch: Batch) -> list[Move]:
        found = gatherings_of(batch.shop, batch.enrolments, batch.now)
        zone = zone_of("", batch.shop)
        moves = []
        for one in batch.enrolments:
            gathering = found.get(one.pk)
            if gathering is None or gathering.status == Gathering.Status.CANCELLED:
                moves.append(Move(one, None, batch.now, NO_GATHERING))
                continue
            day = gathering.starts_at.astimezone(zone).date() - timedelta(days=batch.params["days"])
            until = at_hour(day, zone, batch.params.get("hour", 10)).astimezone(batch.now.tzinfo)
            # A gathering can be moved: it is asked again when the moment has come.
            if batch.now < until:
                moves.append(Move(one, batch.step, until))
            elif one.step_at <= until and batch.now < gathering.starts_at:
                moves.append(batch.forward(one))
            else:
                moves.append(Move(one, None, batch.now, TOO_LATE))
        return moves

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        n, hour = params["days"], params.get("hour", 10)
        text = ngettext(
            "Until %(n)s day before the gathering, %(hour)s o’clock",
            "Until %(n)s days before the gathering, %(hour)s o’clock",
            n,
        )
        return text % {"n": n, "hour": hour}
