"""Moving enrolments on: one batch, grouped by journey and step; taken, treated and moved in one transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.journeys.answers import goals_reached
from regulars.journeys.definition import step_at
from regulars.journeys.event_types import JOURNEY_LEFT
from regulars.journeys.kinds import Batch, Move, step_kinds
from regulars.journeys.models import Enrolment, Journey
from regulars.journeys.reasons import DONE_REASONS
from regulars.journeys.walkers import Walker, due, one
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging.models import Message

log = structlog.get_logger("regulars.journeys")

BATCH = 1000
GIVE_UP_AFTER = 10

LARGEST = 8
"""So many groups of like moves are written by one statement each; the rest row by row, in one prepared statement."""

_RELEASED = {"lease_until": None, "lease_token": "", "attempts": 0}


@dataclass(frozen=True)
class Advanced:
    """Enrolments taken, moved on, and put off because a step failed."""

    claimed: int = 0
    moved: int = 0
    failed: int = 0


def advance_batch(shop: Shop, now: datetime, limit: int = BATCH) -> Advanced:
    """Takes up to `limit` due enrolments of the shop and moves each one step on, in one transaction.

    Killed at any instant, nothing is lost and nothing is done twice: the effects and the move are one transaction, and
    every effect has a key made of the enrolment and the step. All effects of steps are rows of this database, so that the
    transaction is all that holds the enrolments: no lease is written, none has to run out. The number of queries
    depends on how many different steps are in the batch, never on how many customers.
    """
    walkers: list[Walker] = []
    try:
        with transaction.atomic():
            walkers = due(shop, now, limit)
            return Advanced(len(walkers), _advance(shop, walkers, now), 0)
    except Exception:
        if not walkers:
            raise
        # Whatever a step raises, the others of the batch must not wait for it.
        log.exception("a batch of enrolments failed", shop=shop.slug, enrolments=len(walkers))
    moved = failed = 0
    for walker in walkers:
        try:
            with transaction.atomic():
                moved += _advance(shop, one(shop, walker.pk, now), now)
        except Exception as error:
            log.exception("an enrolment failed", enrolment=walker.pk, step=walker.step)
            _put_off(walker, now, error)
            failed += 1
    return Advanced(len(walkers), moved, failed)


def _advance(shop: Shop, walkers: Sequence[Walker], now: datetime) -> int:
    if not walkers:
        return 0
    # A step sees its walkers as the enrolments that they stand for.
    rows = cast("Sequence[Enrolment]", walkers)
    journeys = Journey._base_manager.select_related("measure__goal").in_bulk({row.journey_id for row in rows})
    groups: dict[tuple[int, str, str], list[Enrolment]] = defaultdict(list)
    moves = _leave(shop, walkers, journeys, now)
    gone = {move.enrolment.pk for move in moves}
    for row in rows:
        if row.pk not in gone:
            groups[row.journey_id, row.step, row.arm].append(row)
    for (journey_id, step, arm), group in groups.items():
        journey = journeys[journey_id]
        kind, params, following = step_at(journey.definition, step)
        batch = Batch(shop, journey, step, params, following, group, now)
        does = step_kinds()[kind]
        moves += does.run(batch) if arm == Assignment.Arm.TREATED else does.pass_over(batch)
    _move(shop, moves, journeys, now)
    return len(moves)


def _leave(shop: Shop, walkers: Sequence[Walker], journeys: dict[int, Journey], now: datetime) -> list[Move]:
    """Those who leave before the step: the measure was stopped, the customer is gone or objected, the goal is reached."""
    rows = cast("Sequence[Enrolment]", walkers)
    stopped = {pk for pk, journey in journeys.items() if journey.measure.status != Measure.Status.RUNNING}
    service = {pk for pk, journey in journeys.items() if journey.definition["purpose"] == Measure.Purpose.SERVICE}
    with_goal = {pk for pk, one in journeys.items() if one.definition["ends_when"] or one.definition.get("leave_when")}
    moves: list[Move] = []
    ending = []
    for walker, row in zip(walkers, rows, strict=True):
        reason = walker.gone
        if reason == "objection" and walker.journey_id in service:
            reason = ""
        if walker.journey_id in stopped:
            reason = "stopped"
        if reason:
            moves.append(Move(row, None, now, reason))
        elif walker.journey_id in with_goal:
            ending.append(row)
    reached = goals_reached(shop, ending, journeys, now)
    if reached:
        _withdraw(shop, [row for row in ending if row.pk in reached], reached, now)
    return moves + [Move(row, None, now, reached[row.pk]) for row in ending if row.pk in reached]


def _withdraw(shop: Shop, rows: Sequence[Enrolment], reasons: Mapping[int, str], now: datetime) -> None:
    """Takes back what waits for those whose goal is reached: a call, or a mail that was put off. One query, and one update for
    each reason.
    """
    keys = {f"enrolment:{row.pk}:{row.step}": reasons[row.pk] for row in rows if row.arm == Assignment.Arm.TREATED}
    waiting = Message._base_manager.filter(
        shop=shop, key__among=set(keys), status__in=(Message.Status.WAITING, Message.Status.DUE)
    )
    by_reason: dict[str, list[int]] = defaultdict(list)
    for key, request_id in waiting.values_list("key", "request_id"):
        by_reason[keys[key]].append(request_id)
    for reason, ids in by_reason.items():
        contact_policy.withdraw_requests(shop, ids, now, reason)


def _move(shop: Shop, moves: Sequence[Move], journeys: dict[int, Journey], now: datetime) -> None:
    """Writes all moves, those that are alike by one statement each, and the events of those who left."""
    moment = bulk.moments()
    due_status = Enrolment.Status.DUE.value
    alike: dict[tuple[Any, ...], list[Enrolment]] = defaultdict(list)
    told: dict[tuple[int, str], dict[str, Any]] = {}
    left = []
    for move in moves:
        row = move.enrolment
        if move.to is None:
            is_done = move.reason in DONE_REASONS
            status = Enrolment.Status.DONE if is_done else Enrolment.Status.CANCELLED
            alike[status.value, row.step, None, None, now, move.reason[:30]].append(row)
            if row.arm == Assignment.Arm.TREATED:
                what = told.get((row.journey_id, move.reason))
                if what is None:
                    what = told[row.journey_id, move.reason] = _left_data(journeys[row.journey_id].measure, move.reason)
                left.append(Fact(JOURNEY_LEFT, now, row.customer_id, what, f"enrolment:{row.pk}"))
        else:
            step_since = None if move.to == row.step else now
            alike[due_status, move.to, step_since, move.due_at, None, ""].append(row)
    groups = sorted(alike.items(), key=lambda group: -len(group[1]))
    for (status, step, step_since, due_at, ended_at, reason), rows in groups[:LARGEST]:
        changes = {"status": status, "step": step, "due_at": moment(due_at), "ended_at": moment(ended_at)}
        since = {} if step_since is None else {"step_at": moment(step_since)}
        bulk.change(Enrolment, [row.pk for row in rows], {**changes, "exit_reason": reason, **since, **_RELEASED})
    bulk.update(
        Enrolment,
        ("status", "step", "step_at", "due_at", "ended_at", "exit_reason", *_RELEASED),
        [
            (
                status, step, moment(step_since or row.step_at), moment(due_at), moment(ended_at), reason,
                *_RELEASED.values(), row.pk,
            )
            for (status, step, step_since, due_at, ended_at, reason), rows in groups[LARGEST:]
            for row in rows
        ],
    )  # fmt: skip
    if left:
        record(shop, left, now=now, source="journeys")


def left_fact(enrolment: Enrolment, measure: Measure, reason: str, now: datetime) -> Fact:
    """The Event of a treated customer who leaves."""
    return Fact(JOURNEY_LEFT, now, enrolment.customer_id, _left_data(measure, reason), f"enrolment:{enrolment.pk}")


def _left_data(measure: Measure, reason: str) -> dict[str, Any]:
    return {"measure": measure.name, "measure_id": measure.pk, "reason": reason}


def _put_off(walker: Walker, now: datetime, error: Exception) -> None:
    """Tries a failed enrolment again later, ever more seldom; after many tries it is shown as failed, not lost."""
    attempts = walker.attempts + 1
    status = Enrolment.Status.FAILED if attempts >= GIVE_UP_AFTER else Enrolment.Status.DUE
    mine = Enrolment._base_manager.filter(pk=walker.pk, attempts=walker.attempts, due_at__lte=now)
    mine.filter(status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED)).update(
        status=status,
        attempts=attempts,
        due_at=now + timedelta(minutes=min(2**attempts, 720)),
        lease_until=None,
        lease_token="",
        last_error=repr(error)[:300],
    )
