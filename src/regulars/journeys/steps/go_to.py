"""The step `go_to`: goes on at a later step. So the ways of a fork meet again."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.words import Words


class GoTo(StepKind):
    """Nothing is done; both arms go on at once. The editor writes it where a way of a fork passes over another one."""

    key = "go_to"
    title = gettext_lazy("Go on at")
    icon = "git-merge"
    fields = (Field("to", "step", Words(en="Go on at", de="Weiter bei"), required=True),)

    def goes_on(self, params: Params) -> bool:
        return False

    def run(self, batch: Batch) -> list[Move]:
        return [Move(one, batch.params["to"], batch.now) for one in batch.enrolments]

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("Goes on at “%(step)s”") % {"step": params["to"]}
