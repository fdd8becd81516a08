"""Verbs of the first day: note a step as done or skipped, end the guide, take it up again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals.models import Measure

from .models import FirstDay

STEPS: dict[str, Any] = {
    "data": gettext_lazy("Check the data"),
    "goals": gettext_lazy("Rank the goals"),
    "consent": gettext_lazy("Whom you may write to"),
    "sender": gettext_lazy("Say who writes"),
    "measure": gettext_lazy("Start the first measure"),
}
"""Key → title, in order."""
DONE, SKIPPED, OPEN = "done", "skipped", "open"


@dataclass(frozen=True)
class Step:
    """One step of a shop. state: done, skipped or open."""

    key: str
    title: Any
    state: str


@dataclass(frozen=True)
class Progress:
    """How far a shop is."""

    steps: tuple[Step, ...]
    is_ended: bool

    @property
    def done(self) -> int:
        return sum(one.state == DONE for one in self.steps)

    @property
    def is_done(self) -> bool:
        return self.done == len(self.steps)

    @property
    def next(self) -> str:
        """The step to go on with: the first open one, else the first that was skipped, else the last."""
        for state in (OPEN, SKIPPED):
            for one in self.steps:
                if one.state == state:
                    return one.key
        return self.steps[-1].key


def progress(shop: Shop) -> Progress:
    """The steps with their states. The last is done when a measure runs, wherever it was started. Two queries."""
    row = FirstDay._base_manager.filter(shop=shop).first()
    states = dict(row.states) if row else {}
    if Measure._base_manager.filter(shop=shop, status=Measure.Status.RUNNING).exists():
        states["measure"] = DONE
    steps = tuple(Step(key, title, states.get(key, OPEN)) for key, title in STEPS.items())
    return Progress(steps, bool(row and row.ended_at))


@transaction.atomic
def note(shop: Shop, step: str, state: str, now: datetime, staff: Staff | None = None) -> Progress:
    """Notes a step as done or skipped. Idempotent. Raises Refused for a step that does not exist."""
    if step not in STEPS or state not in (DONE, SKIPPED):
        raise Refused(_("There is no such step."), code="unknown_step")
    row = _row(shop)
    if row.states.get(step) != state:
        row.states = {**row.states, step: state}
        row.save(update_fields=["states"])
        audit("first_day.noted", now=now, shop=shop, staff=staff, target=row, step=step, state=state)
    return progress(shop)


@transaction.atomic
def end(shop: Shop, now: datetime, staff: Staff | None = None) -> None:
    """The start page shows the guide no longer; its page stays, and what is done stays done. Idempotent."""
    row = _row(shop)
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        audit("first_day.ended", now=now, shop=shop, staff=staff, target=row)


def _row(shop: Shop) -> FirstDay:
    row, _made = FirstDay._base_manager.select_for_update().get_or_create(shop=shop)
    return row
