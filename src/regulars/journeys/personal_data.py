"""What happens to enrolments when customers are merged, exported or erased."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Enrolment

ON_THE_WAY = (Enrolment.Status.DUE, Enrolment.Status.CLAIMED)


def _merge(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The way of the vanished customer ends: the surviving one walks their own, and nobody walks one journey twice."""
    rows = Enrolment._base_manager.filter(shop=shop, customer_id=from_id)
    rows.filter(status__in=ON_THE_WAY).update(
        status=Enrolment.Status.CANCELLED,
        exit_reason="merged",
        ended_at=now,
        due_at=None,
        lease_token="",
        lease_until=None,
    )
    there = set(Enrolment._base_manager.filter(customer_id=into_id).values_list("journey_id", "entry_key"))
    moved = [pk for pk, *key in rows.values_list("pk", "journey_id", "entry_key") if tuple(key) not in there]
    Enrolment._base_manager.filter(pk__in=moved).update(customer_id=into_id)


def _erase(shop: Shop, customer_ids: Sequence[int], now: datetime) -> None:
    """The way ends; the row stays as bookkeeping of the measure and holds nothing personal."""
    Enrolment._base_manager.filter(shop=shop, customer_id__in=customer_ids, status__in=ON_THE_WAY).update(
        status=Enrolment.Status.CANCELLED,
        exit_reason="erased",
        ended_at=now,
        due_at=None,
        lease_token="",
        lease_until=None,
    )


declare(
    Enrolment,
    title=_("Measures"),
    merge=_merge,
    erase=_erase,
    export=("journey__measure__name", "status", "entered_at", "ended_at", "exit_reason"),
)
