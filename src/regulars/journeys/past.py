"""Tables beside the engine: what a draft was before, for undo; rehearsals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned

from .models import JourneyDraft


class DraftPast(ShopOwned):
    """A draft as it was before a change (or, is_ahead, before a change was taken back)."""

    draft = models.ForeignKey(JourneyDraft, on_delete=models.CASCADE, related_name="past")
    number = models.PositiveIntegerField()
    document = models.JSONField(default=dict)
    is_ahead = models.BooleanField(default=False)

    class Meta:
        app_label = "journeys"
        indexes = [models.Index(fields=["draft", "number"], name="draft_past_by_number")]

    def __str__(self) -> str:
        return f"{self.draft_id} before {self.number}"


class Rehearsal(ShopOwned, DueRow):
    """A journey tried out on the past, before it starts. Counts only; nobody is named in it.

    document: what was tried, at `revision` of its draft. after: the customer up to whom all were asked. sums: counted so
    far. result: what pages tell, when it is done. asked, of_all: customers, for the progress.
    """

    class Status(models.TextChoices):
        DUE = "due", _("waiting")
        CLAIMED = "claimed", _("running")
        DONE = "done", _("gone through")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("given up")

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DUE)
    draft = models.ForeignKey(JourneyDraft, on_delete=models.CASCADE, related_name="rehearsals")
    document = models.JSONField(default=dict)
    revision = models.PositiveIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    after = models.BigIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    of_all = models.PositiveIntegerField(default=0)
    sums = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        app_label = "journeys"
        indexes = [models.Index(fields=["shop", "status", "due_at"], name="rehearsal_due")]

    def __str__(self) -> str:
        return f"rehearsal of {self.draft_id} r{self.revision}"
