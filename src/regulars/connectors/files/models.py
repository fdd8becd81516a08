"""Tables of file imports: ImportRun."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned


class ImportRun(DueRow, ShopOwned):
    """One import of one file.

    digest: SHA-256 of the file; mapping: its text (TOML); counts: `rows`, `orders`, `customers`, `returns`, `rejected`,
    `unchanged`. checkpoint: `[part, lines done]`, written in the same transaction as what it counts, so that a run that
    was killed goes on where it stood.
    """

    class Kind(models.TextChoices):
        ORDERS = "orders", _("orders")
        CUSTOMERS = "customers", _("customers")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    path = models.CharField(max_length=500)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True, default="")
    preset = models.CharField(max_length=60, blank=True, default="")
    mapping = models.TextField(blank=True, default="")
    is_dry_run = models.BooleanField(default=False)
    is_uploaded = models.BooleanField(default=False)
    counts = models.JSONField(default=dict)
    checkpoint = models.JSONField(default=list)
    progress = models.PositiveSmallIntegerField(default=0)
    reject_path = models.CharField(max_length=500, blank=True, default="")
    error = models.TextField(blank=True, default="")
    seconds = models.FloatField(default=0)
    staff = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "-created_at"], name="import_run_by_time"),
            models.Index(fields=["shop", "status", "due_at"], name="import_run_due"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind})"

    @property
    def folder(self) -> Path:
        """Where the run keeps its staging."""
        return Path(settings.REGULARS_HOME) / "imports" / f"run-{self.pk}"
