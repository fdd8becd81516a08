"""Figures of running measures for pages: how many are where, and why people left. A constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.reach.messaging.models import Message

from .document import wording_of
from .kinds import Wording, step_kinds
from .models import Enrolment, Journey
from .reasons import exit_text


@dataclass(frozen=True)
class Totals:
    """Enrolments of a measure: let in by arm, refused at the door, on the way, finished, left; messages sent."""

    treated: int = 0
    holdout: int = 0
    refused: int = 0
    on_the_way: int = 0
    sent: int = 0

    @property
    def entered(self) -> int:
        """All who were let in."""
        return self.treated + self.holdout


def totals_of(measures: Sequence[Measure]) -> dict[int, Totals]:
    """The totals of each measure by id. Two queries."""
    moving = Q(status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED))
    ids = [measure.pk for measure in measures]
    rows = (
        Enrolment._base_manager.filter(journey__measure__in=ids)
        .values("journey__measure_id")
        .annotate(
            treated=Count("pk", filter=Q(arm="treated")),
            holdout=Count("pk", filter=Q(arm="holdout")),
            refused=Count("pk", filter=Q(status=Enrolment.Status.REFUSED)),
            on_the_way=Count("pk", filter=moving),
        )
    )
    sent = dict(
        Message._base_manager.filter(measure__in=ids, sent_at__isnull=False)
        .values_list("measure_id")
        .annotate(Count("pk"))
    )
    found = {pk: Totals(sent=sent.get(pk, 0)) for pk in ids}
    for row in rows:
        pk = row["journey__measure_id"]
        found[pk] = Totals(row["treated"], row["holdout"], row["refused"], row["on_the_way"], sent.get(pk, 0))
    return found


@dataclass(frozen=True)
class StepFigures:
    """One step of the funnel, for the treated: `reached` it, are `here` now, left here by `exits` (words, count)."""

    key: str
    title: Any
    icon: str
    text: str
    reached: int
    here: int
    share: float | None
    exits: Sequence[tuple[str, int]]


def funnel(journey: Journey) -> list[StepFigures]:
    """The steps of a journey with the numbers of treated customers. One query.

    Whoever is at a step or left at it has reached it and, on a way without branches, all before it. Behind a branch only
    those count who are at the step itself or beyond it on the same way.
    """
    wording = wording_of(journey.playbook, journey.document)
    rows = (
        Enrolment._base_manager.filter(journey=journey, arm="treated")
        .values_list("step", "status", "exit_reason")
        .annotate(Count("pk"))
    )
    at: dict[str, int] = {}
    here: dict[str, int] = {}
    exits: dict[str, dict[str, int]] = {}
    for step, status, reason, count in rows:
        at[step] = at.get(step, 0) + count
        if status in (Enrolment.Status.DUE, Enrolment.Status.CLAIMED):
            here[step] = here.get(step, 0) + count
        else:
            words = exit_text(reason) if reason else str(Enrolment.Status(status).label)
            exits.setdefault(step, {})[words] = exits.get(step, {}).get(words, 0) + count
    steps = journey.definition["steps"]
    reached = _reached(steps, at)
    entered = sum(at.values())
    return [
        StepFigures(
            key=one["key"],
            title=step_kinds()[one["kind"]].title,
            icon=step_kinds()[one["kind"]].icon,
            text=_text(one, wording),
            reached=reached[one["key"]],
            here=here.get(one["key"], 0),
            share=reached[one["key"]] / entered if entered else None,
            exits=sorted(exits.get(one["key"], {}).items(), key=lambda pair: -pair[1]),
        )
        for one in steps
    ]


def _text(one: dict[str, Any], wording: Wording | None) -> str:
    kind = step_kinds()[one["kind"]]
    return kind.describe(one["params"], wording) if wording else str(kind.title)


def _reached(steps: Sequence[dict[str, Any]], at: dict[str, int]) -> dict[str, int]:
    """Customers who were at each step: those at it, and those at steps that can only be reached through it.

    From the last step back. Below a fork whose ways meet again nobody knows which way a customer came: they count at the
    fork, so that the steps on its ways show how many were there at least.
    """
    places = {one["key"]: number for number, one in enumerate(steps)}
    through = [-1] * len(steps)
    came: list[list[int]] = [[] for _one in steps]
    for place, one in enumerate(steps):
        kind = step_kinds()[one["kind"]]
        for target in kind.targets(one["params"]):
            came[places[target]].append(place)
        if place + 1 < len(steps) and kind.goes_on(one["params"]):
            came[place + 1].append(place)
        if place and came[place]:
            # The nearest step that all ways to this one pass: every step before is settled, since jumps go forward.
            nearest = came[place][0]
            for other in came[place][1:]:
                while nearest != other:
                    if nearest > other:
                        nearest = through[nearest]
                    else:
                        other = through[other]
            through[place] = nearest
    reached = {one["key"]: at.get(one["key"], 0) for one in steps}
    for place in range(len(steps) - 1, 0, -1):
        if through[place] >= 0:
            reached[steps[through[place]]["key"]] += reached[steps[place]["key"]]
    return reached


def refusals(journey: Journey) -> list[tuple[str, int]]:
    """Why customers were not let in, with their number. One query."""
    rows = (
        Enrolment._base_manager.filter(journey=journey, status=Enrolment.Status.REFUSED)
        .values_list("exit_reason")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    return [(exit_text(reason), count) for reason, count in rows]


def recent(journey: Journey, limit: int = 12) -> list[Enrolment]:
    """Those who came in last, treated or refused; the held-out are not shown one by one. One query."""
    rows = Enrolment._base_manager.filter(journey__measure=journey.measure).exclude(arm="holdout")
    return list(rows.select_related("customer", "journey").order_by("-entered_at", "-pk")[:limit])


def measures_of(shop: Shop, customer_id: int, now: datetime) -> list[Enrolment]:
    """The measures a customer is or was in, newest first. One query."""
    rows = Enrolment._base_manager.filter(shop=shop, customer_id=customer_id)
    return list(rows.select_related("journey__measure").order_by("-entered_at", "-pk")[:30])
