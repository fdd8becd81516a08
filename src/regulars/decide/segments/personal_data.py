"""What happens to profiles and members of segments when customers are merged, exported or erased."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import CustomerProfile, SegmentMember, SegmentMove
from .profiles import refresh


def _merge_profiles(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    """The profile is derived: that of the customer who is gone goes, the other's is computed anew."""
    CustomerProfile._base_manager.filter(customer_id=from_id).delete()
    refresh(shop, now, [into_id])


def _export_profile(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    return [dict(row) for row in CustomerProfile._base_manager.filter(customer_id=customer_id).values()]


def _merge_members(shop: Shop, from_id: int, into_id: int, now: datetime) -> None:
    there = SegmentMember.objects.filter(customer_id=into_id).values("segment_id")
    SegmentMember.objects.filter(
        customer_id=from_id, segment_id__in=list(there.values_list("segment_id", flat=True))
    ).delete()
    SegmentMember.objects.filter(customer_id=from_id).update(customer_id=into_id)


# Last of all: the orders, consents and contacts it is computed from have moved by then.
declare(CustomerProfile, title=_("Traits and scores"), merge=_merge_profiles, export=_export_profile, order=90)
declare(SegmentMember, title=_("Segments"), merge=_merge_members, export=("segment__name", "since"))
declare(SegmentMove, title=_("Segments joined and left"), export=("segment__name", "is_entry", "at"))
