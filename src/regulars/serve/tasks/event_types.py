"""Events of tasks. Data: {"task": title, "task_id": id} and, when it is done, "outcome"."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop

from .models import Task


def _title(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("task", ""))


def _done(shop: Shop, data: Mapping[str, Any]) -> str:
    outcome = dict(Task.Outcome.choices).get(data.get("outcome", ""), "")
    return f"{data.get('task', '')}: {outcome}" if outcome else str(data.get("task", ""))


TASK_CREATED = event_type("task.created", gettext_lazy("Task for a person"), icon="clipboard-list", describe=_title)
TASK_DONE = event_type("task.done", gettext_lazy("Task done"), icon="list-checks", describe=_done)
