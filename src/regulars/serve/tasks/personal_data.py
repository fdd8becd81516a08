"""What happens to tasks when customers are merged, exported or erased."""

from django.utils.translation import gettext_lazy as _

from regulars.core.personal_data import declare

from .models import Task

declare(
    Task,
    title=_("Tasks"),
    export=("title", "note", "due_at", "status", "outcome", "remark", "done_at"),
    erase="delete",
)
