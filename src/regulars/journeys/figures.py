"""Figures of running measures for pages: how many are where, and why people left. A constant number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.core.models import Shop
from regulars.core.tallies import counted
from regulars.decide.goals.models import Measure
from regulars.reach.messaging.tallies import SENT

from .document import wording_of
from .kinds import Wording, step_kinds
from .models import Enrolment, Journey
from .reasons import exit_text
from .tallies import ENROLMENTS


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


MOVING = {Enrolment.Status.DUE, Enrolment.Status.CLAIMED}


def totals_of(measures: Sequence[Measure]) -> dict[int, Totals]:
    """The totals of each measure by id, from kept numbers. Three queries."""
    ids = [measure.pk for measure in measures]
    journeys = dict(Journey._base_manager.filter(measure__in=ids).values_list("pk", "measure_id"))
    found = {pk: Counter[str]() for pk in ids}
    for journey, parts in counted(ENROLMENTS, journeys).items():
        totals = found[journeys[journey]]
        for (arm, status, _step, _reason), count in parts.items():
            if arm:
                totals[arm] += count
            totals["refused"] += count if status == Enrolment.Status.REFUSED else 0
            totals["on_the_way"] += count if status in MOVING else 0
    for pk, parts in counted(SENT, ids).items():
        found[pk]["sent"] = sum(parts.values())
    return {
        pk: Totals(one["treated"], one["holdout"], one["refused"], one["on_the_way"], one["sent"])
        for pk, one in found.items()
    }


def entered(journey: Journey) -> int:
    """How many treated customers came into this version. One query."""
    found = counted(ENROLMENTS, [journey.pk])[journey.pk]
    return sum(count for (arm, *_rest), count in found.items() if arm == "treated")


def moving(journeys: Sequence[Journey]) -> dict[int, int]:
    """How many are on their way in each of these versions. One query."""
    return {
        pk: sum(count for (_arm, status, *_rest), count in parts.items() if status in MOVING)
        for pk, parts in counted(ENROLMENTS, [one.pk for one in journeys]).items()
    }


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
    """The steps of a journey with the numbers of treated customers, from kept numbers. One query.

    Whoever is at a step or left at it has reached it and, on a way without branches, all before it. Behind a branch only
    those count who are at the step itself or beyond it on the same way.
    """
    wording = wording_of(journey.playbook, journey.document)
    at: dict[str, int] = {}
    here: dict[str, int] = {}
    exits: dict[str, dict[str, int]] = {}
    for (arm, status, step, reason), count in counted(ENROLMENTS, [journey.pk])[journey.pk].items():
        if arm != "treated":
            continue
        at[step] = at.get(step, 0) + count
        if status in MOVING:
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
    """Why customers were not let in, with their number, the most first. One query."""
    found = Counter[str]()
    for (_arm, status, _step, reason), count in counted(ENROLMENTS, [journey.pk])[journey.pk].items():
        if status == Enrolment.Status.REFUSED:
            found[reason] += count
    return [(exit_text(reason), count) for reason, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))]


def recent(journey: Journey, limit: int = 12) -> list[Enrolment]:
    """Those who came in last, treated or refused; the held-out are not shown one by one. Two queries and one a version.

    Each version's newest come from its index; of all versions together they would have to be sorted.
    """
    newest: list[tuple[Any, int]] = []
    for version in Journey._base_manager.filter(measure_id=journey.measure_id).values_list("pk", flat=True):
        rows = Enrolment._base_manager.filter(journey=version).exclude(arm="holdout").order_by("-entered_at", "-pk")
        newest += rows.values_list("entered_at", "pk")[:limit]
    ids = [pk for _at, pk in sorted(newest, reverse=True)[:limit]]
    rows = Enrolment._base_manager.filter(pk__in=ids).select_related("customer", "journey")
    return list(rows.order_by("-entered_at", "-pk"))


def measures_of(shop: Shop, customer_id: int, now: datetime) -> list[Enrolment]:
    """The measures a customer is or was in, newest first. One query."""
    rows = Enrolment._base_manager.filter(shop=shop, customer_id=customer_id)
    return list(rows.select_related("journey__measure").order_by("-entered_at", "-pk")[:30])
