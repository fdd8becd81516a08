"""What happens to calls to other programs when customers are merged, exported or erased."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Webhook


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """What was not sent yet is not sent any more; what was sent keeps its id and loses what it said."""
    rows = Webhook._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    rows.filter(status__in=(Webhook.Status.DUE, Webhook.Status.CLAIMED)).update(
        status=Webhook.Status.CANCELLED, due_at=None, lease_until=None, lease_token=""
    )
    rows.update(body="{}", last_error="")


declare(Webhook, title=_("Calls to other programs"), export=("body", "created_at", "status", "sent_at"), erase=_erase)
