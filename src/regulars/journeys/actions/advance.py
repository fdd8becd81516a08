"""Moving enrolments on: one claimed batch, grouped by journey and step; effects and moves in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connections, router
from django.db.models import Exists, OuterRef, Q

from regulars.core.claim import Claimed, claim, held
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Objection
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.journeys.answers import ordered_since
from regulars.journeys.definition import step_at
from regulars.journeys.event_types import JOURNEY_LEFT
from regulars.journeys.kinds import Batch, Move, step_kinds
from regulars.journeys.models import Enrolment, Journey
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record

log = structlog.get_logger("regulars.journeys")

BATCH = 1000
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = 10

_MOVE = """UPDATE journeys_enrolment SET status = %s, step = %s, step_at = %s, due_at = %s, ended_at = %s, exit_reason = %s,
    lease_until = NULL, lease_token = '', attempts = 0 WHERE id = %s"""


@dataclass(frozen=True)
class Advanced:
    """Enrolments claimed, moved on, and put off because a step failed."""

    claimed: int = 0
    moved: int = 0
    failed: int = 0


def advance_batch(shop: Shop, now: datetime, limit: int = BATCH) -> Advanced:
    """Claims up to `limit` due enrolments of the shop and moves each one step on.

    Killed at any instant, nothing is lost and nothing is done twice: the effects and the move are one transaction, and
    every effect has a key made of the enrolment and the step. The number of queries depends on how many different steps
    are in the batch, never on how many customers.
    """
    claimed = claim(Enrolment._base_manager.filter(shop=shop), now=now, lease=LEASE, limit=limit)
    if not claimed:
        return Advanced()
    try:
        return Advanced(len(claimed), _advance(shop, claimed, now), 0)
    except Exception:
        # Whatever a step raises, the others of the batch must not wait for it.
        log.exception("a batch of enrolments failed", shop=shop.slug, enrolments=len(claimed))
    moved = failed = 0
    for row in claimed.rows:
        try:
            moved += _advance(shop, Claimed(claimed.token, [row]), now)
        except Exception as error:
            log.exception("an enrolment failed", enrolment=row.pk, step=row.step)
            _put_off(row, claimed.token, now, error)
            failed += 1
    return Advanced(len(claimed), moved, failed)


def _advance(shop: Shop, claimed: Claimed, now: datetime) -> int:
    with held(claimed) as rows:
        journeys = Journey._base_manager.select_related("measure__goal").in_bulk({row.journey_id for row in rows})
        groups: dict[tuple[int, str, str], list[Enrolment]] = defaultdict(list)
        moves = _leave(shop, rows, journeys, now)
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


def _leave(shop: Shop, rows: Sequence[Enrolment], journeys: dict[int, Journey], now: datetime) -> list[Move]:
    """Those who leave before the step: the measure was stopped, the customer is gone or objected, the goal is reached."""
    if not rows:
        return []
    moves: dict[int, Move] = {}
    objected = Exists(Objection._base_manager.filter(customer_id=OuterRef("pk")))
    gone = {
        pk: "erased" if erased else "merged" if merged else "test" if is_test else "objection"
        for pk, erased, merged, is_test in Customer._base_manager.filter(pk__in={row.customer_id for row in rows})
        .filter(Q(merged_into__isnull=False) | Q(erased_at__isnull=False) | Q(is_test=True) | objected)
        .values_list("pk", "erased_at", "merged_into", "is_test")
    }
    for row in rows:
        journey = journeys[row.journey_id]
        reason = gone.get(row.customer_id, "")
        if reason == "objection" and journey.definition["purpose"] == Measure.Purpose.SERVICE:
            reason = ""
        if journey.measure.status != Measure.Status.RUNNING:
            reason = "stopped"
        if reason:
            moves[row.pk] = Move(row, None, now, reason)
    ending = [
        row for row in rows if row.pk not in moves and journeys[row.journey_id].definition["ends_when"] == "ordered"
    ]
    ordered = ordered_since(ending, now)
    return [*moves.values(), *(Move(row, None, now, "ordered") for row in ending if row.pk in ordered)]


def _move(shop: Shop, moves: Sequence[Move], journeys: dict[int, Journey], now: datetime) -> None:
    """Writes all moves as one statement with many rows, and the events of those who left."""
    if not moves:
        return
    using = router.db_for_write(Enrolment)
    connection = connections[using]
    field = Enrolment._meta.get_field("due_at")
    written: dict[datetime | None, Any] = {}

    def moment(value: datetime | None) -> Any:
        if value not in written:
            written[value] = field.get_db_prep_value(value, connection)
        return written[value]

    rows: list[tuple[Any, ...]] = []
    left = []
    for move in moves:
        one = move.enrolment
        if move.to is None:
            done = move.reason in ("completed", "ordered")
            status = Enrolment.Status.DONE if done else Enrolment.Status.CANCELLED
            rows.append((status.value, one.step, moment(one.step_at), None, moment(now), move.reason[:30], one.pk))
            if one.arm == Assignment.Arm.TREATED:
                left.append(left_fact(one, journeys[one.journey_id].measure, move.reason, now))
        else:
            step_since = one.step_at if move.to == one.step else now
            due = Enrolment.Status.DUE.value
            rows.append((due, move.to, moment(step_since), moment(move.due_at), None, "", one.pk))
    with connection.cursor() as cursor:
        cursor.executemany(_MOVE, rows)
    if left:
        record(shop, left, now=now, source="journeys")


def left_fact(enrolment: Enrolment, measure: Measure, reason: str, now: datetime) -> Fact:
    """The Event of a treated customer who leaves."""
    return Fact(
        type=JOURNEY_LEFT,
        at=now,
        customer_id=enrolment.customer_id,
        data={"measure": measure.name, "measure_id": measure.pk, "reason": reason},
        source_key=f"enrolment:{enrolment.pk}",
    )


def _put_off(row: Enrolment, token: str, now: datetime, error: Exception) -> None:
    """Tries a failed enrolment again later, ever more seldom; after many tries it is shown as failed, not lost."""
    status = Enrolment.Status.FAILED if row.attempts >= GIVE_UP_AFTER else Enrolment.Status.DUE
    Enrolment._base_manager.filter(pk=row.pk, lease_token=token).update(
        status=status,
        due_at=now + timedelta(minutes=min(2**row.attempts, 720)),
        lease_until=None,
        lease_token="",
        last_error=repr(error)[:300],
    )
