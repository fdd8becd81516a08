"""The step `branch_event`: goes two ways by what happened to the customer since enrolment."""

from django.utils.translation import gettext_lazy, ngettext

from regulars.core.event_types import EVENT_TYPES
from regulars.journeys.answers import happened_since
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Params, Wording
from regulars.journeys.two_ways import OTHERWISE, THEN, TwoWays
from regulars.journeys.words import Words


class BranchEvent(TwoWays):
    """Whether an event of the type happened at least so often since enrolment. Imported history does not count."""

    key = "branch_event"
    title = gettext_lazy("Branch by an event")
    icon = "split"
    fields = (
        Field("event", "event_type", Words(en="Event", de="Ereignis"), required=True),
        Field("where", "data_rule", Words(en="Only if the event says", de="Nur wenn das Ereignis besagt")),
        Field(
            "at_least",
            "duration",
            Words(en="At least", de="Mindestens"),
            default=1,
            minimum=1,
            maximum=1000,
            unit="times",
        ),
        THEN,
        OTHERWISE,
    )

    def yes(self, batch: Batch) -> set[int]:
        asked = batch.params
        counts = happened_since(batch.shop, batch.enrolments, asked["event"], batch.now, where=asked.get("where"))
        return {pk for pk, count in counts.items() if count >= asked.get("at_least", 1)}

    def describe(self, params: Params, playbook: Wording) -> str:
        known = EVENT_TYPES.get(params["event"])
        n = params.get("at_least", 1)
        text = ngettext("Has this happened since: %(what)s?", "Has this happened %(n)s times since: %(what)s?", n)
        return text % {"n": n, "what": known.title if known else params["event"]}
