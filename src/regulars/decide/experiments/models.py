"""Tables of experiments: Assignment and GlobalHoldout."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Assignment(ShopOwned):
    """The arm of one customer in one measure: decided once, at enrolment, by a stable keyed hash, and stored.

    cause: "measure" (its own holdout) or "global" (the shop's customers left without any advertising).
    """

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


class GlobalHoldout(ShopOwned):
    """The salt of a shop's global holdout. Kept, so that a new installation secret does not draw other customers."""

    salt = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="global_holdout_once")]

    def __str__(self) -> str:
        return f"global holdout of {self.shop_id}"
