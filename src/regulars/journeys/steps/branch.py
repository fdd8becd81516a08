"""The step `branch`: goes two ways, by what the customer did since enrolment or by a condition on the profile."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.decide.segments import rules
from regulars.journeys.answers import ordered_since
from regulars.journeys.kinds import Batch, Move, Params, StepKind
from regulars.journeys.playbook import Playbook


class Branch(StepKind):
    """Those for whom the question is answered yes go to the step `then`, the others to `otherwise` (default: the next).

    ordered: true asks for a counted order since enrolment. profile: a rule of segments, asked of the profile as it is.
    """

    key = "branch"
    title = gettext_lazy("Branch")
    icon = "split"
    required = frozenset({"then"})
    optional = frozenset({"otherwise", "ordered", "profile"})

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

    def targets(self, params: Params) -> list[str]:
        return [params[name] for name in ("then", "otherwise") if params.get(name)]

    def describe(self, params: Params, playbook: Playbook) -> str:
        question: Any = _("Has the customer ordered since?") if params.get("ordered") else _("Does the condition hold?")
        return str(question)
