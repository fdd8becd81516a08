"""Events of journeys."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _measure(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("measure", ""))


def _left(shop: Shop, data: Mapping[str, Any]) -> str:
    from .reasons import exit_text

    return f"{data.get('measure', '')}: {exit_text(str(data.get('reason', '')))}"


JOURNEY_ENTERED = event_type("journey.entered", gettext_lazy("Entered a measure"), icon="route", describe=_measure)
JOURNEY_LEFT = event_type("journey.left", gettext_lazy("Left a measure"), icon="flag", describe=_left)
