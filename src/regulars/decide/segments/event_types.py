"""Events of segments."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop

from .models import Segment


def _name(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("name") or data.get("segment", ""))


SEGMENT_ENTERED = event_type("segment.entered", gettext_lazy("Joined a segment"), icon="users", describe=_name)
SEGMENT_LEFT = event_type("segment.left", gettext_lazy("Left a segment"), icon="users", describe=_name)


def event_data(segment: Segment) -> dict[str, Any]:
    """What both events say."""
    return {"segment": segment.key, "segment_id": segment.pk, "name": segment.name}
