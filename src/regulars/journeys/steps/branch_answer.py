"""The step `branch_answer`: goes two ways by what the customer answered to the gathering that the journey is about."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.gatherings import gatherings_of
from regulars.journeys.kinds import Batch, Params, Wording
from regulars.journeys.two_ways import OTHERWISE, THEN, TwoWays
from regulars.journeys.words import Words
from regulars.reward.gatherings.models import Attendance

ANSWERS = {
    "invited": Words(en="not answered yet", de="noch nicht geantwortet"),
    "yes": Words(en="is coming", de="kommt"),
    "maybe": Words(en="perhaps", de="vielleicht"),
    "no": Words(en="is not coming", de="kommt nicht"),
    "waiting": Words(en="is on the waiting list", de="steht auf der Warteliste"),
    "cancelled": Words(en="gave the place back", de="hat den Platz zurückgegeben"),
}
assert set(ANSWERS) == set(Attendance.Status.values)


class BranchAnswer(TwoWays):
    """Whether the customer's answer, as it is now, is one of these. Who is not on the list has none."""

    key = "branch_answer"
    title = gettext_lazy("Branch by the answer")
    icon = "split"
    fields = (
        Field("answers", "choices", Words(en="The answer is", de="Die Antwort ist"), required=True, choices=ANSWERS),
        THEN,
        OTHERWISE,
    )

    def yes(self, batch: Batch) -> set[int]:
        found = gatherings_of(batch.shop, batch.enrolments, batch.now)
        rows = Attendance._base_manager.filter(
            gathering_id__in={one.pk for one in found.values()},
            customer_id__among={one.customer_id for one in batch.enrolments},
            status__in=list(batch.params["answers"]),
        )
        fits = set(rows.values_list("customer_id", "gathering_id"))
        return {one.pk for one in batch.enrolments if one.pk in found and (one.customer_id, found[one.pk].pk) in fits}

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("Answer: %(answers)s?") % {"answers": " / ".join(str(ANSWERS[one]) for one in params["answers"])}
