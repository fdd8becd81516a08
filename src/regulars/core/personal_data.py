"""What happens to a table's rows when customers are merged, exported or erased. Every table that points to a customer
is declared here by its own module (in its `personal_data.py`); a test fails for one that is not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from .models import Shop

Merge = Callable[["Shop", int, int, datetime], None]
Export = Callable[["Shop", int], list[dict[str, Any]]]
Erase = Callable[["Shop", Sequence[int], datetime], None]


@dataclass(frozen=True)
class Declared:
    """title: what the rows are, for the export. merge: `(shop, from_id, into_id, now)`. export: `(shop, customer_id)` →
    rows of plain values. erase: `(shop, customer_ids, now)`. order: low first (for constraints between tables).
    """

    model: type[models.Model]
    title: Any
    merge: Merge
    export: Export
    erase: Erase
    order: int


DECLARED: dict[type[models.Model], Declared] = {}


def declare(
    model: type[models.Model],
    *,
    title: Any,
    merge: Merge | None = None,
    export: Export | Iterable[str] = (),
    erase: Erase | str | Mapping[str, Any] = "delete",
    customer: str = "customer",
    order: int = 50,
) -> None:
    """Declares a table.

    merge: None moves the rows to the surviving customer. export: names of columns, or a function.
    erase: "delete"; "keep" (pseudonymous bookkeeping that holds nothing personal); a mapping of columns to the values
    that blank them; or a function.
    """
    name = f"{customer}_id"
    manager = model._base_manager

    def move(shop: "Shop", from_id: int, into_id: int, now: datetime) -> None:
        manager.filter(**{name: from_id}).update(**{name: into_id})

    def columns(shop: "Shop", customer_id: int) -> list[dict[str, Any]]:
        assert not callable(export)
        return list(manager.filter(**{name: customer_id}).order_by("pk").values(*export))

    def wipe(shop: "Shop", customer_ids: Sequence[int], now: datetime) -> None:
        rows = manager.filter(**{f"{name}__in": customer_ids})
        if erase == "delete":
            rows.delete()
        elif isinstance(erase, Mapping):
            rows.update(**erase)

    DECLARED[model] = Declared(
        model=model,
        title=title,
        merge=merge or move,
        export=export if callable(export) else columns,
        erase=erase if callable(erase) else wipe,
        order=order,
    )


def undeclared(customer_model: type[models.Model]) -> list[str]:
    """Tables that point to a customer and are not declared."""
    from django.apps import apps

    return sorted(
        model._meta.label
        for model in apps.get_models()
        if model not in DECLARED
        and any(
            field.is_relation and field.related_model is customer_model and (field.many_to_one or field.one_to_one)
            for field in model._meta.get_fields()
            if getattr(field, "concrete", False)
        )
    )
