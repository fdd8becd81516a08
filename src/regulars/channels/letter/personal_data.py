"""What happens to letters when customers are merged, exported or erased. They go with their messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import PrintedLetter


def _merge(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The message of a letter moves by itself."""


def _export(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    rows = PrintedLetter._base_manager.filter(message__customer_id=customer_id, is_printed=True).order_by("pk")
    return [dict(row) for row in rows.values("batch__settled_at", "message__address")]


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """That a letter was printed is kept as a figure; what it said, and where it went, goes with its message."""


declare(PrintedLetter, title=_("Letters"), merge=_merge, export=_export, erase=_erase)
