"""AuditEntry: who changed what, and when. Append-only."""

from django.db import models


class AuditEntry(models.Model):
    """One act of a person or of the system that is not a fact about a customer."""

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    staff = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["shop", "-at"], name="audit_by_shop")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"
