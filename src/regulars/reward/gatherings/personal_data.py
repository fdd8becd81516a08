"""What happens to attendances when customers are merged, exported or erased. Places given back move the waiting list up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .actions import free_places_of, hold
from .models import Attendance

_RANK = ("cancelled", "no", "invited", "maybe", "waiting", "yes")
"""Of two answers of the same person the further one stays."""


def _merge(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    rows = Attendance._base_manager.filter(shop=shop, customer_id__in=(from_id, into_id))
    hold(shop, set(rows.values_list("gathering_id", flat=True)))
    pairs: dict[int, list[Attendance]] = {}
    for row in rows.order_by("pk"):
        pairs.setdefault(row.gathering_id, []).append(row)
    double = {gathering: two for gathering, two in pairs.items() if len(two) == 2}
    weaker = [
        min(two, key=lambda row: (row.checked_in_at is not None, _RANK.index(row.status))) for two in double.values()
    ]
    Attendance._base_manager.filter(pk__in=[row.pk for row in weaker]).delete()
    Attendance._base_manager.filter(customer_id=from_id).update(customer_id=into_id)
    Attendance._base_manager.filter(introduced_by_id=from_id).update(introduced_by_id=into_id)
    Attendance._base_manager.filter(customer_id=into_id, introduced_by_id=into_id).update(introduced_by=None)
    free_places_of(shop, double, now)


def _export(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    rows = Attendance._base_manager.select_related("gathering").filter(customer_id=customer_id).order_by("pk")
    return [
        {
            "gathering": row.gathering.title_in(shop.locale),
            "starts_at": row.gathering.starts_at,
            "place": row.gathering.place,
            "status": row.status,
            "guests": row.guests,
            "ticket": row.ticket,
            "invited_at": row.invited_at,
            "answered_at": row.answered_at,
            "introduced_by_a_friend": row.introduced_by_id is not None,
            "shows_name": row.is_seen,
            "checked_in_at": row.checked_in_at,
        }
        for row in rows
    ]


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """Of what is over, that somebody was there is kept as a figure; a place in what is to come is given back."""
    rows = Attendance._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    Attendance._base_manager.filter(shop=shop, introduced_by_id__in=customer_ids).update(introduced_by=None)
    coming = rows.filter(gathering__ends_at__gt=now)
    touched = set(coming.values_list("gathering_id", flat=True))
    hold(shop, touched)
    coming.delete()
    rows.update(introduced_by=None, ticket=None, check_in_key=None, source="", is_seen=False)
    free_places_of(shop, touched, now)


declare(Attendance, title=_("Gatherings"), merge=_merge, export=_export, erase=_erase)
