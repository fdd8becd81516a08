"""Tables of insights: ModelFit, TouchedDay, SnapshotState, Cost."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class ModelFit(ShopOwned):
    """One fit of a statistical model on the orders through `until`. Parameters are named as in the papers."""

    key = models.CharField(max_length=40)
    until = models.DateField()
    unit = models.CharField(max_length=8, default="week")
    params = models.JSONField()
    log_likelihood = models.FloatField(null=True)
    customers = models.PositiveIntegerField()
    backtest = models.JSONField(null=True, blank=True)
    fitted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shop", "key", "-fitted_at"], name="model_fit_newest")]

    def __str__(self) -> str:
        return f"{self.key} through {self.until}"


class TouchedDay(models.Model):
    """A day (UTC) of which a fact (an order, a message, …) was written, changed or taken away since the last snapshot.

    Written by the triggers of `insights.touched`, by nothing else. is_seen: a builder is at it; the row goes when the new
    snapshot stands. No constraint on the shop: a trigger also fires while a shop is being deleted.
    """

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    day = models.DateField()
    is_seen = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["shop", "is_seen", "day"], name="touched_day_of_shop")]

    def __str__(self) -> str:
        return str(self.day)


class SnapshotState(ShopOwned):
    """Which snapshot of the facts follows from these records, so that a folder of other records is never trusted.

    current: token of the last snapshot that stands. building: token of the one under way, kept when its builder died.
    scored_at: when scores were last written into the profiles.
    """

    current = models.CharField(max_length=32, blank=True, default="")
    building = models.CharField(max_length=32, blank=True, default="")
    built_at = models.DateTimeField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="snapshot_state_once")]

    def __str__(self) -> str:
        return self.current


class Cost(ShopOwned):
    """What the shop spent in a month on winning customers, or on keeping them, as a person entered it; in minor units."""

    class Kind(models.TextChoices):
        WINNING = "winning", _("winning customers")
        KEEPING = "keeping", _("keeping customers")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    month = models.DateField()
    amount = models.PositiveBigIntegerField()
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind", "month"], name="cost_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.month}"
