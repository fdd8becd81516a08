"""Tables of tasks: Task."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.roles import Role
from regulars.core.scoping import ShopOwned


class Task(ShopOwned):
    """Something that a person does for one customer, such as a call.

    role: who does it; empty for everybody who does tasks. key: the same task is written once.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("reached")
        NOT_REACHED = "not_reached", _("not reached")
        DECLINED = "declined", _("did not want it")
        OTHER = "other", _("other")

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="tasks")
    measure = models.ForeignKey("goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(_("what"), max_length=120)
    note = models.TextField(_("note"), blank=True, default="")
    role = models.CharField(_("who"), max_length=12, choices=Role.choices, blank=True, default="")
    due_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    remark = models.TextField(_("remark"), blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="task_once")]
        indexes = [models.Index(fields=["shop", "status", "due_at"], name="task_due")]

    def __str__(self) -> str:
        return self.title
