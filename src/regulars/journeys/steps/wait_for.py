"""The step `wait_for`: waits until something happens to the customer, or until the time is up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import bulk
from regulars.core.event_types import EVENT_TYPES
from regulars.journeys.answers import happened_since
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.local_time import add_days, zones_of
from regulars.journeys.models import Enrolment, Waiting
from regulars.journeys.words import Words

SECOND_LOOK = timedelta(minutes=1)
"""An event that was being written while the wait began is seen then at the latest."""


class WaitFor(StepKind):
    """Who gets the event in time goes to `then`, all others to `otherwise` when the time is up (default: the next step).

    The wait begins when the customer comes to the step; what happened before does not count, nor does imported history.
    """

    key = "wait_for"
    title = gettext_lazy("Wait for an event")
    icon = "hourglass"
    fields = (
        Field("event", "event_type", Words(en="Event", de="Ereignis"), required=True),
        Field("where", "data_rule", Words(en="Only if the event says", de="Nur wenn das Ereignis besagt")),
        Field(
            "days", "duration", Words(en="At most (days)", de="Höchstens (Tage)"), minimum=0, maximum=3650, unit="days"
        ),
        Field(
            "hours",
            "duration",
            Words(en="At most (hours)", de="Höchstens (Stunden)"),
            minimum=0,
            maximum=8760,
            unit="hours",
        ),
        Field("then", "step", Words(en="When it comes, go to", de="Wenn es kommt, weiter bei")),
        Field("otherwise", "step", Words(en="When the time is up, go to", de="Wenn die Zeit um ist, weiter bei")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if not params.get("days") and not params.get("hours"):
            yield "days", _("say how long to wait at most")

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({params["event"]})

    def goes_on(self, params: Params) -> bool:
        return not (params.get("then") and params.get("otherwise"))

    def run(self, batch: Batch) -> list[Move]:
        begun = self._begin(batch)
        came = happened_since(
            batch.shop,
            batch.enrolments,
            batch.params["event"],
            batch.now,
            where=batch.params.get("where"),
            since=lambda one: begun[one.pk].since,
            until=lambda one: begun[one.pk].until,
        )
        moves, over, still = [], [], []
        for one in batch.enrolments:
            wait = begun[one.pk]
            if one.pk in came or batch.now >= wait.until:
                to = batch.params.get("then" if one.pk in came else "otherwise")
                moves.append(Move(one, to, batch.now) if to else batch.forward(one))
                over.append(wait.pk)
            else:
                look = batch.now + SECOND_LOOK if wait.looks == 1 else wait.until
                moves.append(Move(one, batch.step, min(look, wait.until)))
                still.append(wait.pk)
        if over:
            Waiting._base_manager.filter(pk__among=over).delete()
        if still:
            Waiting._base_manager.filter(pk__among=still).update(looks=2)
        return moves

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def _begin(self, batch: Batch) -> dict[int, Waiting]:
        """The wait of each enrolment; it begins now for those who were not waiting here. A constant number of queries."""
        ids = {one.pk for one in batch.enrolments}
        rows = Waiting._base_manager.filter(enrolment_id__among=ids)
        there = {row.enrolment_id: row for row in rows if row.step == batch.step}
        fresh = [one for one in batch.enrolments if one.pk not in there]
        if fresh:
            # A row of an earlier step of the same way would be in the way of this one.
            Waiting._base_manager.filter(enrolment_id__among={one.pk for one in fresh}).delete()
            begin = self._begins(batch, fresh)
            ends = self._ends(batch, fresh, begin)
            moment = bulk.moments()
            bulk.insert(
                Waiting,
                ("shop_id", "enrolment_id", "step", "type", "since", "until", "looks"),
                [
                    (
                        batch.shop.pk,
                        one.pk,
                        batch.step,
                        batch.params["event"],
                        moment(begin[one.pk]),
                        moment(ends[one.pk]),
                        1,
                    )
                    for one in fresh
                ],
            )
            rows = Waiting._base_manager.filter(enrolment_id__among={one.pk for one in fresh})
            there |= {row.enrolment_id: row for row in rows}
        return there

    def _begins(self, batch: Batch, fresh: list[Enrolment]) -> dict[int, datetime]:
        """When each customer came to the step: no later than now, however late the worker is."""
        due = Enrolment._base_manager.filter(pk__among={one.pk for one in fresh}).values_list("pk", "due_at")
        return {pk: min(at or batch.now, batch.now) for pk, at in due}

    def _ends(self, batch: Batch, fresh: list[Enrolment], begin: dict[int, datetime]) -> dict[int, datetime]:
        zones = zones_of(batch.shop, (one.customer_id for one in fresh))
        days, hours = batch.params.get("days", 0), timedelta(hours=batch.params.get("hours", 0))
        return {one.pk: add_days(begin[one.pk], zones[one.customer_id], days) + hours for one in fresh}

    def describe(self, params: Params, playbook: Wording) -> str:
        known = EVENT_TYPES.get(params["event"])
        return _("Until this happens: %(what)s; at most %(days)s days and %(hours)s hours") % {
            "what": known.title if known else params["event"],
            "days": params.get("days", 0),
            "hours": params.get("hours", 0),
        }
