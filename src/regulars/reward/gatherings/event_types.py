"""Events of gatherings. Data: `gathering` (its number), `title`, and what the event adds."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _title(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("title", ""))


def _answer(shop: Shop, data: Mapping[str, Any]) -> str:
    from .models import Attendance

    word = dict(Attendance.Status.choices).get(data.get("answer", ""), "")
    told = f"{data.get('title', '')}: {word}" if word else _title(shop, data)
    if data.get("guests"):
        return _("%(answer)s, guests: %(guests)s") % {"answer": told, "guests": data["guests"]}
    return told


GATHERING_OPENED = event_type(
    "gathering.opened", gettext_lazy("Gathering open for answers"), icon="calendar-days", describe=_title
)
"""Of no customer; with `kind`. Written once, when customers may answer for the first time."""
GATHERING_INVITED = event_type(
    "gathering.invited", gettext_lazy("Asked to a gathering"), icon="calendar-days", describe=_title
)
GATHERING_ANSWERED = event_type(
    "gathering.answered", gettext_lazy("Answered an invitation"), icon="calendar-clock", describe=_answer
)
GATHERING_MOVED_UP = event_type(
    "gathering.moved_up", gettext_lazy("Moved up from the waiting list"), icon="ticket-check", describe=_title
)
GATHERING_ATTENDED = event_type(
    "gathering.attended", gettext_lazy("Was at a gathering"), icon="users-round", describe=_title
)
GATHERING_INTRODUCED = event_type(
    "gathering.introduced", gettext_lazy("Asked a friend to a gathering"), icon="handshake", describe=_title
)
"""Of the guest who asked; with `friend`, the customer who was asked."""
GATHERING_THANKED = event_type(
    "gathering.thanked", gettext_lazy("Was thanked after a gathering"), icon="heart", describe=_title
)
"""Of each who was there, once, when the shop says thanks."""
GATHERING_MISSED = event_type(
    "gathering.missed", gettext_lazy("Could not come to a gathering"), icon="calendar-days", describe=_title
)
"""Of each who was on the list and not there, once, at the same moment."""
GATHERING_CANCELLED = event_type(
    "gathering.cancelled", gettext_lazy("Gathering cancelled"), icon="circle-x", describe=_title
)
