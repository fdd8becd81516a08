"""What happens to messages when customers are merged, exported or erased."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Delivery, Message


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """That a message went out is kept as a figure; to whom and what it said is not. What has not gone out never will."""
    rows = Message._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    Delivery.objects.filter(message__in=rows).update(data={})
    rows.filter(status__in=(Message.Status.WAITING, Message.Status.DUE)).update(
        status=Message.Status.CANCELLED, reason="erased", due_at=None
    )
    rows.update(address="", values={})


declare(
    Message,
    title=_("Messages"),
    export=(
        "created_at", "sent_at", "purpose", "channel", "address", "values", "first_opened_at", "first_clicked_at",
        "bounced_at", "complained_at", "unsubscribed_at", "replied_at",
    ),
    erase=_erase,
)  # fmt: skip
