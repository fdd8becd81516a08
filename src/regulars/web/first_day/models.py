"""Table of the first day: FirstDay."""

from django.db import models

from regulars.core.scoping import ShopOwned


class FirstDay(ShopOwned):
    """How far a shop is. states: step → done or skipped. ended_at: somebody wants to see the guide no longer."""

    states = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="first_day_once")]

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.states}"
