"""Tables of experiments: Assignment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Assignment(ShopOwned):
    """The arm of one customer in one measure: decided once, at enrolment, by a stable keyed hash, and stored."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("treated")
        HOLDOUT = "holdout", _("holdout")

    measure = models.ForeignKey("goals.Measure", on_delete=models.CASCADE, related_name="assignments")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=12, choices=Arm.choices)
    cause = models.CharField(max_length=12, default="measure")
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "customer"], name="assignment_once")]
        indexes = [models.Index(fields=["measure", "assigned_at"], name="assignment_by_time")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.arm}"
