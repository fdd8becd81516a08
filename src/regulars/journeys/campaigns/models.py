"""Tables of campaigns: Campaign and Arm."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned

HELD = datetime(2999, 1, 1, tzinfo=UTC)
"""The due time of what a pause holds back, or what waits for the winner: never by itself."""
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""The due time of what was never looked at."""


class Campaign(ShopOwned):
    """A message, or several to be compared, once to the members of a segment.

    segment or rule: whom. topic: those who do not want it are left out. timing: at once; at `starts_at`; or on `day` at the
    hour of the arm, on each customer's clock. within_hours: how long after its moment the message is welcome. per_hour: the
    pace, None without. tests: what the arms differ in. test_share: the part that is tried out, None for all; the rest waits
    for the winner by `winner_by`, `wait_hours` after the last message of the test, with `least` customers in each arm.
    begins_at: when the members are taken in. agreed: the number of people somebody confirmed. next_slot_at: the first free
    place of the pace. verdict: what was found when the winner was chosen. is_history: brought in, never sent from here.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        DONE = "done", _("all sent")
        CANCELLED = "cancelled", _("called off")

    class Timing(models.TextChoices):
        NOW = "now", _("at once")
        MOMENT = "moment", _("at a moment, on the clock of the shop")
        LOCAL = "local", _("on a day, on each customer’s own clock")

    class Tests(models.TextChoices):
        NOTHING = "", _("nothing: everybody gets the same")
        SUBJECT = "subject", _("the subject")
        CONTENT = "content", _("the content")
        OFFER = "offer", _("the offer")
        TIME = "time", _("the time of day")

    class WinnerBy(models.TextChoices):
        CLICKS = "click_rate", _("highest click rate")
        OPENS = "open_rate", _("highest open rate")
        ORDERS = "conversion_rate", _("most customers who order")
        REVENUE = "revenue", _("highest revenue per customer")

    key = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    goal = models.CharField(max_length=12)
    kpi = models.CharField(max_length=60)
    segment = models.ForeignKey("segments.Segment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.JSONField(null=True, blank=True)
    topic = models.ForeignKey(
        "contact_policy.Topic", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    holdout_share = models.DecimalField(max_digits=4, decimal_places=3, default="0.1")
    outcome_days = models.PositiveSmallIntegerField(default=14)
    timing = models.CharField(max_length=8, choices=Timing.choices, default=Timing.NOW)
    starts_at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    within_hours = models.PositiveSmallIntegerField(default=72)
    per_hour = models.PositiveIntegerField(null=True, blank=True)
    tests = models.CharField(max_length=10, choices=Tests.choices, blank=True, default="")
    test_share = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    winner_by = models.CharField(max_length=20, choices=WinnerBy.choices, default=WinnerBy.CLICKS)
    wait_hours = models.PositiveSmallIntegerField(default=24)
    least = models.PositiveIntegerField(default=100)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    measure = models.OneToOneField(
        "goals.Measure", on_delete=models.CASCADE, null=True, blank=True, related_name="campaign"
    )
    agreed = models.PositiveIntegerField(null=True, blank=True)
    begins_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=20, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)
    next_slot_at = models.DateTimeField(null=True, blank=True)
    winner = models.CharField(max_length=10, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    verdict = models.JSONField(default=dict, blank=True)
    is_history = models.BooleanField(default=False)
    kept_figures = models.JSONField(default=dict, blank=True)
    figures_due_at = models.DateTimeField(default=AT_ONCE)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="campaign_key_once")]
        indexes = [
            models.Index(fields=["shop", "status"], name="campaign_by_status"),
            models.Index(fields=["shop", "figures_due_at"], name="campaign_by_figures"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def waits_for_winner(self) -> bool:
        """Whether a part of the audience gets what has won."""
        return bool(self.tests and self.test_share)


class Arm(models.Model):
    """One way in which a campaign says it. key: a to e, kept for good: it is part of the keys of all that is done.

    subjects: locale → subject, instead of the template's own. offer: parameters of the step issue_voucher, empty without.
    hour: of the customer's clock, where the campaign goes by it. share: of those who take part in the test.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="arms")
    key = models.CharField(max_length=10)
    template = models.ForeignKey(
        "messaging.Template", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    subjects = models.JSONField(default=dict, blank=True)
    offer = models.JSONField(default=dict, blank=True)
    hour = models.PositiveSmallIntegerField(null=True, blank=True)
    share = models.DecimalField(max_digits=4, decimal_places=3, default=1)

    class Meta:
        ordering = ("key",)
        constraints = [models.UniqueConstraint(fields=["campaign", "key"], name="campaign_arm_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.key}"


ARM_KEYS = ("a", "b", "c", "d", "e")


def arms_of(campaign: Campaign) -> list[Any]:
    """The arms in their order. One query."""
    return list(Arm.objects.filter(campaign=campaign).select_related("template").order_by("key"))
