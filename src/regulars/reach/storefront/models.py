"""The table of the shop's own website: Storefront."""

from django.db import models

from regulars.core.scoping import ShopOwned


class Storefront(ShopOwned):
    """What the pages of a shop and we have in common. One row a shop.

    key: sealed; the shop's own programs sign with it which customer is signed in. origins: addresses of its pages beside
    `Shop.website`, each scheme and host, one a line.
    """

    key = models.TextField()
    origins = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="storefront_once")]

    def __str__(self) -> str:
        return f"storefront of {self.shop_id}"
