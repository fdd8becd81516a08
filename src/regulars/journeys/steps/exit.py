"""The step `exit`: the end of the journey, with its reason."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.words import Words


class Exit(StepKind):
    """reason: why customers who come here leave, such as `ordered`."""

    key = "exit"
    title = gettext_lazy("End")
    icon = "flag"
    fields = (
        Field(
            "reason",
            "key",
            Words(en="Reason", de="Grund"),
            Words(en="Short, such as ordered.", de="Kurz, etwa ordered."),
            maximum=30,
            default="completed",
        ),
    )

    def goes_on(self, params: Params) -> bool:
        return False

    def run(self, batch: Batch) -> list[Move]:
        reason = batch.params.get("reason", "completed")
        return [Move(one, None, batch.now, reason) for one in batch.enrolments]

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("The journey ends.")
