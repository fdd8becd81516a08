"""Tables of journeys: Journey and Enrolment."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned, shop_manager


class Journey(ShopOwned):
    """One published, frozen definition of a measure. People half-way stay in the version that took them in.

    takes_present: the members whom the trigger's segment had at the start are still being taken in.
    """

    measure = models.ForeignKey("goals.Measure", on_delete=models.CASCADE, related_name="journeys")
    playbook = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    definition = models.JSONField()
    settings = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    takes_present = models.BooleanField(default=False)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "version"], name="journey_version_once")]

    def __str__(self) -> str:
        return f"{self.playbook} v{self.version}"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def on_the_way(self) -> "EnrolmentQuerySet":
        """Those that are in a journey now."""
        return self.filter(status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED))

    def let_in(self) -> "EnrolmentQuerySet":
        """Without those who were refused at the door."""
        return self.exclude(status=Enrolment.Status.REFUSED)


class Enrolment(ShopOwned, DueRow):
    """One customer's way through a journey. Held-out customers are enrolled silently: they walk it, nothing is done.

    A customer whom the gate refuses at the door has a row too (`refused`, no arm), so that they are asked about once.
    step_at: when the customer came to the step.
    """

    class Status(models.TextChoices):
        DUE = "due", _("on the way")
        CLAIMED = "claimed", _("being advanced")
        DONE = "done", _("finished")
        CANCELLED = "cancelled", _("left")
        FAILED = "failed", _("failed")
        REFUSED = "refused", _("not let in")

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DUE)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="enrolments")
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="enrolments")
    entry_key = models.CharField(max_length=80)
    arm = models.CharField(max_length=12, blank=True, default="")
    step = models.CharField(max_length=40, blank=True, default="")
    step_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    exit_reason = models.CharField(max_length=30, blank=True, default="")
    last_error = models.CharField(max_length=300, blank=True, default="")

    objects: ClassVar[Any] = shop_manager(EnrolmentQuerySet)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "customer", "entry_key"], name="enrolment_once")]
        indexes = [
            models.Index(fields=["shop", "status", "due_at"], name="enrolment_due"),
            models.Index(fields=["customer"], name="enrolment_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.journey_id} at {self.step}"
