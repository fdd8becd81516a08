"""Verbs of experiments: assign customers to the treated arm or the holdout of a measure.

The draw is a keyed hash of the customer (HMAC-SHA256, RFC 2104) with the measure's own salt, read as a number in
[0, 1): stable for a customer, uniform over customers, independent between measures. It is stored when it is made, so
that a share changed later moves nobody.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure

from .models import Assignment, GlobalHoldout

MEASURE = "measure"
GLOBAL = "global"


def draw(salt: str, customer_id: int) -> float:
    """The customer's number in [0, 1) under `salt`: the first 53 bits of HMAC-SHA256(salt, customer)."""
    digest = hmac.digest(salt.encode(), str(customer_id).encode(), hashlib.sha256)
    return float(int.from_bytes(digest[:8], "big") >> 11) / float(1 << 53)


def global_salt(shop: Shop, now: datetime) -> str:
    """The salt of the shop's global holdout: derived from the installation's secret once, then kept."""
    found = GlobalHoldout._base_manager.filter(shop=shop).values_list("salt", flat=True).first()
    if found:
        return str(found)
    text = hmac.new(settings.SECRET_KEY.encode(), f"global holdout of shop {shop.pk}".encode(), hashlib.sha256)
    row = GlobalHoldout(shop=shop, salt=text.hexdigest(), created_at=now)
    GlobalHoldout._base_manager.bulk_create([row], ignore_conflicts=True)
    return str(GlobalHoldout._base_manager.filter(shop=shop).values_list("salt", flat=True).get())


def globally_held_out(shop: Shop, customer_ids: Iterable[int], now: datetime) -> set[int]:
    """Those of the customers who are in the shop's global holdout. At most three queries."""
    share = float(shop.global_holdout_share)
    if not share:
        return set()
    salt = global_salt(shop, now)
    return {customer_id for customer_id in customer_ids if draw(salt, customer_id) < share}


@transaction.atomic
def assign(shop: Shop, measure: Measure, customer_ids: Sequence[int], now: datetime) -> dict[int, str]:
    """The arm of each customer in the measure: "treated" or "holdout", drawn and stored where it was not yet.

    Whoever was assigned keeps the arm. The global holdout comes first (cause "global"). SERVICE has no holdout.
    Two workers that assign the same customers at once agree: the draw is the same, and the unique row is read again.
    A constant number of queries.
    """
    wanted = list(dict.fromkeys(customer_ids))
    arms = _stored(measure, wanted)
    missing = [customer_id for customer_id in wanted if customer_id not in arms]
    if not missing:
        return arms
    service = measure.purpose == Measure.Purpose.SERVICE
    share = 0.0 if service else float(measure.holdout_share)
    everywhere = set() if service else globally_held_out(shop, missing, now)
    rows = []
    at = bulk.moment(now)
    for customer_id in missing:
        held_out = customer_id in everywhere or draw(measure.salt, customer_id) < share
        rows.append(
            (
                shop.pk,
                measure.pk,
                customer_id,
                Assignment.Arm.HOLDOUT if held_out else Assignment.Arm.TREATED,
                GLOBAL if customer_id in everywhere else MEASURE,
                at,
            )
        )
    columns = ("shop_id", "measure_id", "customer_id", "arm", "cause", "assigned_at")
    bulk.insert(Assignment, columns, rows, ignore_conflicts=True)
    return arms | _stored(measure, missing)


def _stored(measure: Measure, customer_ids: Sequence[int]) -> dict[int, str]:
    rows = Assignment._base_manager.filter(measure=measure, customer_id__in=customer_ids)
    return dict(rows.values_list("customer_id", "arm"))
