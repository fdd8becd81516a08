"""Tasks: who sees them, doing them, putting them off."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core import clock
from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.roles import Role
from regulars.know.timeline.models import Event
from regulars.serve.tasks import actions
from regulars.serve.tasks.models import Task


@pytest.fixture
def task(shop: Shop, rosa: Any, now: datetime) -> Task:
    actions.create_tasks(shop, [actions.TaskDraft(rosa.pk, "Call Rosa", now, "k", role="service")], now)
    return Task._base_manager.get()


def enter(client: Client, shop: Shop, now: datetime, role: str) -> Any:
    person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return person


def address(shop: Shop, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


@pytest.mark.postgres
def test_a_task_is_done_once_with_its_outcome(task: Task, now: datetime) -> None:
    with pytest.raises(Refused):
        actions.finish(task, "", now)
    done = actions.finish(task, "reached", now, remark=" is well ")
    assert (done.status, done.outcome, done.remark, done.done_at) == ("done", "reached", "is well", now)
    again = actions.finish(task, "declined", now + timedelta(hours=1))
    task.refresh_from_db()
    assert (again.pk, task.outcome) == (task.pk, "reached")
    event = Event._base_manager.get(type="task.done")
    assert event.data == {"task": "Call Rosa", "task_id": task.pk, "outcome": "reached"}


def test_put_off_goes_forward_only(task: Task, now: datetime) -> None:
    with pytest.raises(Refused):
        actions.put_off(task, now, now)
    assert actions.put_off(task, now + timedelta(days=1), now).due_at == now + timedelta(days=1)


@pytest.mark.parametrize("role", Role.values)
def test_each_role_at_the_door(shop: Shop, task: Task, now: datetime, client: Client, role: str) -> None:
    enter(client, shop, now, role)
    may = role in ("owner", "marketer", "service")
    assert client.get(address(shop, "tasks")).status_code == (200 if may else 403)
    for name, data in (("task-later", {"days": "7"}), ("task-done", {"outcome": "reached"})):
        assert client.get(address(shop, name, task.pk)).status_code in (403, 405)
        assert client.post(address(shop, name, task.pk), data).status_code == (302 if may else 403)
    task.refresh_from_db()
    assert task.status == ("done" if may else "open")


def test_tasks_of_ones_own_role_and_of_everybody_are_shown(
    shop: Shop, task: Task, rosa: Any, now: datetime, client: Client
) -> None:
    late = clock.now() + timedelta(days=3)
    drafts = [
        actions.TaskDraft(rosa.pk, "For everybody", now, "k2"),
        actions.TaskDraft(rosa.pk, "For marketing", now, "k3", role="marketer"),
        actions.TaskDraft(rosa.pk, "Much later", late, "k4"),
    ]
    actions.create_tasks(shop, drafts, now)
    enter(client, shop, now, "service")
    shown = client.get(address(shop, "tasks")).content.decode()
    assert "Call Rosa" in shown
    assert "For everybody" in shown
    assert "For marketing" not in shown
    assert "Much later" not in shown
    assert "Much later" in client.get(address(shop, "tasks"), {"show": "later"}).content.decode()
    assert "For marketing" in client.get(address(shop, "tasks"), {"everybody": "1"}).content.decode()
