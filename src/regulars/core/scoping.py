"""Tenancy: every owned table has a `shop`, and a query on it outside `scope(shop=…)` fails instead of leaking."""

from typing import Any, cast

from django.db import models
from django_scopes import ScopedManager, scope, scopes_disabled

__all__ = ["ShopOwned", "scope", "scopes_disabled", "shop_manager"]


def shop_manager(queryset: type[models.QuerySet[Any]] = models.QuerySet) -> Any:
    """A manager over `queryset` that is bound to the shop in scope."""
    return ScopedManager(shop="shop", _manager_class=type(cast(Any, queryset).as_manager()))


class ShopOwned(models.Model):
    """A row that belongs to one shop."""

    shop = models.ForeignKey("core.Shop", on_delete=models.CASCADE, related_name="+", db_index=False)

    objects = shop_manager()

    class Meta:
        abstract = True
