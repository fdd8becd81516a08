"""Verbs of holding: messages of a measure that were not handed over wait, or go on. Nothing is lost or sent twice."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from regulars.core.models import Shop
from regulars.decide.contact_policy import actions as contact_policy
from regulars.reach.messaging.models import Message

Status = Message.Status


@transaction.atomic
def hold(shop: Shop, measure_id: int, until: datetime, now: datetime, limit: int = 2000) -> int:
    """Holds up to `limit` messages of a measure that nobody has in hand; returns how many.

    Their requests wait again, from `until` on, so that the gate decides about them anew. A message that a sender has just
    claimed is put back when it asks the gate; where the gate has said yes already, it is on its way and goes out.
    """
    mine = Message._base_manager.filter(shop=shop, measure_id=measure_id).exclude(request__earliest=until)
    waiting = mine.filter(Q(status__in=(Status.WAITING, Status.DUE)) & Q(request__status__in=("waiting", "granted")))
    rows = list(waiting.select_for_update(of=("self",)).order_by("pk").values_list("pk", "request_id")[:limit])
    Message._base_manager.filter(pk__among={pk for pk, _request in rows}, status=Status.DUE).update(
        status=Status.WAITING, due_at=None
    )
    in_hand = mine.filter(status=Status.CLAIMED, request__status="granted", request__confirmed_at=None)
    claimed = list(in_hand.values_list("request_id", flat=True)[:limit])
    held = contact_policy.postpone(shop, [request for _pk, request in rows], until, until, now)
    return held + contact_policy.postpone(shop, claimed, until, until, now, unless_confirmed=True)


@transaction.atomic
def release(
    shop: Shop, measure_id: int, held_until: datetime, now: datetime, latest: datetime, limit: int = 2000
) -> int:
    """Lets up to `limit` held messages of a measure ask the gate again, for a moment up to `latest`; returns how many."""
    held = Message._base_manager.filter(
        shop=shop, measure_id=measure_id, status=Status.WAITING, request__status="waiting", request__earliest=held_until
    )
    requests = list(held.order_by("pk").values_list("request_id", flat=True)[:limit])
    return contact_policy.postpone(shop, requests, now, latest, now)
