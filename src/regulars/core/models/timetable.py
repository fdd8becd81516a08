"""TimetableEntry: one sweep of one shop, and when it runs next."""

from django.db import models

from regulars.core.claim import DueRow


class TimetableEntry(DueRow):
    """A claimed row of the timetable, so that any number of workers runs a sweep once."""

    sweep = models.CharField(max_length=80)
    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    last_started_at = models.DateTimeField(null=True, blank=True)
    last_ended_at = models.DateTimeField(null=True, blank=True)
    last_rows = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sweep", "shop"], name="timetable_shop_once")]
        indexes = [models.Index(fields=["status", "due_at"], name="timetable_due")]

    def __str__(self) -> str:
        return f"{self.sweep} ({self.shop_id})"
