"""What happens to assignments when customers are merged, exported or erased."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Assignment


def _merge(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """A person stays in the arm that was drawn first; the later draw of the same person in a measure is dropped."""
    rows = Assignment._base_manager.filter(shop=shop, customer_id__in=(from_id, into_id)).order_by("assigned_at", "pk")
    first: dict[int, int] = {}
    later: list[int] = []
    for pk, measure_id in rows.values_list("pk", "measure_id"):
        if first.setdefault(measure_id, pk) != pk:
            later.append(pk)
    Assignment._base_manager.filter(pk__in=later).delete()
    Assignment._base_manager.filter(shop=shop, customer_id=from_id).update(customer_id=into_id)


# Erasure keeps the arm: it is pseudonymous bookkeeping, and dropping it would bend the effect of the measure.
declare(
    Assignment,
    title=_("Groups in measures"),
    merge=_merge,
    export=("measure__name", "arm", "cause", "assigned_at"),
    erase="keep",
)
