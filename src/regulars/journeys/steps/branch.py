"""The step `branch`: goes two ways, by what the customer did since enrolment or by a condition on the profile."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.decide.segments import rules
from regulars.journeys.answers import ordered_since
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.words import Words


class Branch(StepKind):
    """Those for whom the question is answered yes go to the step `then`, the others to `otherwise` (default: the next).

    ordered: true asks for a counted order since enrolment. profile: a rule of segments, asked of the profile as it is.
    """

    key = "branch"
    title = gettext_lazy("Branch")
    icon = "split"
    fields = (
        Field("profile", "rule", Words(en="The profile says", de="Das Profil besagt")),
        Field("ordered", "flag", Words(en="Has ordered since", de="Hat seitdem bestellt")),
        Field("then", "step", Words(en="If so, go to", de="Wenn ja, weiter bei"), required=True),
        Field("otherwise", "step", Words(en="If not, go to", de="Wenn nicht, weiter bei")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if bool(params.get("ordered")) == ("profile" in params):
            yield "profile", _("ask one thing: ordered = true, or a rule over the profile")

    def goes_on(self, params: Params) -> bool:
        return not params.get("otherwise")

    def run(self, batch: Batch) -> list[Move]:
        if batch.params.get("ordered"):
            yes = ordered_since(batch.enrolments, batch.now)
        else:
            customers = rules.queryset(batch.shop, batch.params["profile"], batch.now).filter(
                customer_id__in=[one.customer_id for one in batch.enrolments]
            )
            found = set(customers.values_list("customer_id", flat=True))
            yes = {one.pk for one in batch.enrolments if one.customer_id in found}
        no = batch.params.get("otherwise")
        moves = []
        for one in batch.enrolments:
            to = batch.params["then"] if one.pk in yes else no
            moves.append(Move(one, to, batch.now) if to else batch.forward(one))
        return moves

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        question: Any = _("Has the customer ordered since?") if params.get("ordered") else _("Does the condition hold?")
        return str(question)
