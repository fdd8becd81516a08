"""Verbs of tasks: create as a set, finish, put off, drop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core import bulk
from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.know.timeline.actions import Fact, record

from .event_types import TASK_CREATED, TASK_DONE
from .models import Task


@dataclass(frozen=True)
class TaskDraft:
    """A task before it is written. key: the same key is written once."""

    customer_id: int
    title: str
    due_at: datetime
    key: str
    note: str = ""
    role: str = ""
    measure_id: int | None = None


@transaction.atomic
def create_tasks(shop: Shop, drafts: Sequence[TaskDraft], now: datetime) -> int:
    """Writes tasks with their Events; those whose key is there already are left out. A constant number of queries."""
    keys = {one.key for one in drafts}
    there = set(Task._base_manager.filter(shop=shop, key__among=keys).values_list("key", flat=True))
    fresh = {one.key: one for one in drafts if one.key not in there}
    if not fresh:
        return 0
    moment = bulk.moments()
    at = moment(now)
    columns = (
        "shop_id", "customer_id", "measure_id", "title", "note", "role", "due_at", "status", "outcome", "remark", "key",
        "created_at",
    )  # fmt: skip
    rows = [
        (
            shop.pk, one.customer_id, one.measure_id, one.title, one.note, one.role, moment(one.due_at),
            Task.Status.OPEN.value, "", "", key, at,
        )
        for key, one in fresh.items()
    ]  # fmt: skip
    bulk.insert(Task, columns, rows)
    facts = [
        Fact(TASK_CREATED, now, one.customer_id, {"task": one.title}, f"task:{key}"[:120]) for key, one in fresh.items()
    ]
    record(shop, facts, now=now, source="tasks")
    return len(fresh)


@transaction.atomic
def finish(task: Task, outcome: str, now: datetime, staff: Staff | None = None, remark: str = "") -> Task:
    """Marks a task as done, with what came of it. One that is done stays as it is."""
    fresh = _open(task)
    if fresh is None:
        return task
    if outcome not in Task.Outcome.values:
        raise Refused(_("Say what came of it."))
    fresh.status, fresh.outcome, fresh.remark = Task.Status.DONE, outcome, remark.strip()[:2000]
    fresh.done_at, fresh.done_by = now, staff
    fresh.save(update_fields=["status", "outcome", "remark", "done_at", "done_by"])
    data = {"task": fresh.title, "task_id": fresh.pk, "outcome": outcome}
    record(fresh.shop, [Fact(TASK_DONE, now, fresh.customer_id, data, f"task:{fresh.pk}")], now=now, source="tasks")
    audit("task.done", now=now, shop=fresh.shop, staff=staff, target=fresh, outcome=outcome)
    return fresh


@transaction.atomic
def put_off(task: Task, until: datetime, now: datetime, staff: Staff | None = None) -> Task:
    """Makes an open task due later."""
    fresh = _open(task)
    if fresh is None:
        return task
    if until <= now:
        raise Refused(_("A task is put off to a later time."))
    fresh.due_at = until
    fresh.save(update_fields=["due_at"])
    audit("task.put_off", now=now, shop=fresh.shop, staff=staff, target=fresh, until=until.isoformat())
    return fresh


def _open(task: Task) -> Task | None:
    found: Task | None = (
        Task._base_manager.select_for_update(of=("self",))
        .select_related("shop")
        .filter(pk=task.pk, status=Task.Status.OPEN)
        .first()
    )
    return found
