"""What happens to parcel notes when customers are merged, exported or erased. They go with their messages and orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import ParcelNote


def _merge(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The message and the order of a note move by themselves."""


def _export(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    rows = ParcelNote._base_manager.filter(message__customer_id=customer_id, outcome__gt="").order_by("pk")
    return [dict(row) for row in rows.values("order__number", "told_at", "outcome", "reason")]


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """That a note lay in a parcel is kept as a figure; what it said goes with its message."""


declare(ParcelNote, title=_("Notes in parcels"), merge=_merge, export=_export, erase=_erase)
