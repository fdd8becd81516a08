"""The step `winner`: those who were not in the test of a campaign wait here for what has won."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording


class Winner(StepKind):
    """Goes on to the first step of the arm that won: the first whose key begins with the arm's. Until then nothing falls due;
    whoever chooses the winner wakes them. Held-out customers wait as well, so that both are counted alike.
    """

    key = "winner"
    title = gettext_lazy("Wait for the winner")
    icon = "trophy"

    def run(self, batch: Batch) -> list[Move]:
        campaign = Campaign._base_manager.filter(measure_id=batch.journey.measure_id).first()
        if campaign is None:
            return [batch.forward(one) for one in batch.enrolments]
        if not campaign.winner:
            return [Move(one, batch.step, HELD) for one in batch.enrolments]
        to = next(
            one["key"] for one in batch.journey.definition["steps"] if one["key"].startswith(f"{campaign.winner}-")
        )
        return [Move(one, to, batch.now) for one in batch.enrolments]

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def goes_on(self, params: Params) -> bool:
        return False

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("Until the winner of the test is known")
