"""Tally: a number of rows that is kept, so that no page has to count them."""

from django.db import models


class Tally(models.Model):
    """So many rows of `owner` (the id of a journey, a measure, an offer …) are of the kind `part`.

    Written by the triggers of `core.tallies`, by nothing else. On PostgreSQL several rows make up one number, until they
    are folded. No constraint on the shop: a trigger also fires while a shop is being deleted.
    """

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    name = models.CharField(max_length=30)
    owner = models.BigIntegerField()
    part = models.CharField(max_length=120)
    n = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["name", "owner", "part"], name="tally_of_owner")]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}: {self.n} {self.part}"
