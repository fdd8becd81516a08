"""Tables of journeys: Journey and Enrolment."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned, shop_manager


class Journey(ShopOwned):
    """One published, frozen definition of a measure. People half-way stay in the version that took them in.

    takes_present: the members whom the trigger's segment had at the start are still being taken in.
    document: what was published, as it can be edited and exported; empty for versions older than documents.
    playbook: the key of the one it was made from, empty for a journey made by hand.
    """

    measure = models.ForeignKey("goals.Measure", on_delete=models.CASCADE, related_name="journeys")
    playbook = models.CharField(max_length=60, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    definition = models.JSONField()
    document = models.JSONField(default=dict, blank=True)
    settings = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    takes_present = models.BooleanField(default=False)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "version"], name="journey_version_once")]

    def __str__(self) -> str:
        return f"{self.playbook or self.measure_id} v{self.version}"


class JourneyDraft(ShopOwned):
    """A journey as somebody edits it; it may be unfinished. Publishing freezes it into the next version of its measure.

    revision: grows with every save, so that two editors do not write over each other.
    published_revision: the revision that was published last, None before.
    """

    key = models.SlugField(max_length=60)
    document = models.JSONField(default=dict)
    measure = models.OneToOneField(
        "goals.Measure", on_delete=models.CASCADE, null=True, blank=True, related_name="journey_draft"
    )
    revision = models.PositiveIntegerField(default=1)
    published_revision = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="journey_draft_once")]

    def __str__(self) -> str:
        return f"{self.key} r{self.revision}"


class Hearing(ShopOwned):
    """A type of event that a journey has to be told of. Written when it is published."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="hearings")
    type = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "type"], name="hearing_once")]
        indexes = [models.Index(fields=["shop", "type"], name="hearing_by_type")]

    def __str__(self) -> str:
        return f"{self.journey_id} hears {self.type}"


class Intake(ShopOwned, DueRow):
    """An occasion that takes many customers into a journey, page by page: a product back in stock, a campaign.

    after: the customer up to whom all were asked. data: what the trigger needs to know of the occasion.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="intakes")
    key = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    after = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "key"], name="intake_once")]
        indexes = [models.Index(fields=["shop", "status", "due_at"], name="intake_due")]

    def __str__(self) -> str:
        return f"{self.key} for {self.journey_id}"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
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
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="enrolments", db_index=False)
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
            models.Index(fields=["journey", "entered_at", "id"], name="enrolment_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.journey_id} at {self.step}"


class Waiting(ShopOwned):
    """A customer who waits at a step for an event, from `since` up to `until`. Written when the wait begins.

    looks: how often it was asked whether the event came.
    """

    enrolment = models.OneToOneField(Enrolment, on_delete=models.CASCADE, related_name="waiting")
    step = models.CharField(max_length=40)
    type = models.CharField(max_length=60)
    since = models.DateTimeField()
    until = models.DateTimeField()
    looks = models.PositiveSmallIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "type"], name="waiting_by_type"),
            models.Index(fields=["shop", "until"], name="waiting_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} waits for {self.type}"


class SplitDraw(ShopOwned):
    """The way of one enrolment at a random split, drawn once."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="draws")
    step = models.CharField(max_length=40)
    way = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "step"], name="split_draw_once")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} goes {self.way} at {self.step}"


from .past import DraftPast, Rehearsal  # noqa: E402, F401 - tables of this module, in a file of their own
