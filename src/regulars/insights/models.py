"""Tables of insights: ModelFit."""

from django.db import models

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
