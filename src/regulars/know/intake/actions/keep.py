"""Calls that failed are tried again at a person's word; what is old is forgotten."""

from datetime import datetime, timedelta

from django.db import transaction

from regulars.core.actions import audit
from regulars.core.claim import DueRow
from regulars.core.models import Shop, Staff
from regulars.know.intake.models import InboundCall

KEPT = timedelta(days=30)
REFUSALS_KEPT = 500
"""Calls of which nothing could be taken, for each shop: a program gone wild fills no disk."""
BATCH = 500


@transaction.atomic
def try_again(shop: Shop, call_id: int, *, now: datetime, staff: Staff | None = None) -> bool:
    """Makes a failed call with events due again; False where there is nothing to try. Idempotent."""
    found = InboundCall._base_manager.filter(
        shop=shop, pk=call_id, noun=InboundCall.Noun.EVENTS, status=DueRow.Status.FAILED, rows__gt=0
    )
    if not found.update(status=DueRow.Status.DUE, due_at=now, attempts=0, last_error=""):
        return False
    audit("inbound_call.retried", now=now, shop=shop, staff=staff, call=call_id)
    return True


@transaction.atomic
def forget(shop: Shop, now: datetime) -> int:
    """Deletes a batch of calls older than 30 days, and of refused ones all but the newest; none that is still due."""
    every = InboundCall._base_manager.filter(shop=shop)
    old = every.filter(received_at__lt=now - KEPT).exclude(status__in=[DueRow.Status.DUE, DueRow.Status.CLAIMED])
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH])
    refused = every.filter(status=DueRow.Status.FAILED, rows=0).order_by("-received_at", "-pk")
    ids += list(refused.values_list("pk", flat=True)[REFUSALS_KEPT : REFUSALS_KEPT + BATCH])
    return int(InboundCall._base_manager.filter(pk__among=set(ids)).delete()[0]) if ids else 0
