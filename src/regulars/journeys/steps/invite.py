"""The step `invite`: puts customers on the list of a gathering, so that a message can ask them and they can answer."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.journeys.gatherings import gatherings_of
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.reward.gatherings import actions as gatherings

NO_GATHERING = "no_gathering"


class Invite(StepKind):
    """To the gathering that took the customer in, else to the next that is open; without one the journey ends there."""

    key = "invite"
    title = gettext_lazy("Ask to a gathering")
    icon = "ticket"

    def run(self, batch: Batch) -> list[Move]:
        found = gatherings_of(batch.shop, batch.enrolments, batch.now)
        groups: dict[int, list[Any]] = defaultdict(list)
        for one in batch.enrolments:
            if one.pk in found:
                groups[found[one.pk].pk].append(one)
        moves: list[Move] = []
        for pk, group in groups.items():
            moves += self._ask(batch, pk, group)
        done = {move.enrolment.pk for move in moves}
        return moves + [Move(one, None, batch.now, NO_GATHERING) for one in batch.enrolments if one.pk not in done]

    def _ask(self, batch: Batch, gathering_id: int, group: Sequence[Any]) -> list[Move]:
        try:
            source = f"journey:{batch.journey.measure_id}"
            gatherings.invite(batch.shop, gathering_id, [one.customer_id for one in group], batch.now, source=source)
        except Refused:  # called off, or over, since it was opened
            return []
        return [batch.forward(one) for one in group]

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("Puts the customer on the list of the gathering")
