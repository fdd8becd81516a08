"""What pages show of what was found before a start, and what they read of its confirmation."""

from typing import Any

from django.http import QueryDict

from regulars.core.models import Shop
from regulars.journeys import before_start
from regulars.journeys.before_start import NotReady


def agreed_in(data: QueryDict) -> int | None:
    """The number of people that somebody typed, with or without dots; None where it is no number."""
    typed = data.get("agreed", "").replace(".", "").replace(",", "").replace(" ", "").replace("\u202f", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def shown(shop: Shop, found: NotReady, data: QueryDict) -> dict[str, Any]:
    """The context of `journeys/before_start.html` and `journeys/agree.html`."""
    of_all = before_start.reachable(shop) if found.people is not None else 0
    return {
        "found_errors": before_start.errors_in(found.found),
        "found_warnings": before_start.warnings_in(found.found),
        "fingerprint": found.fingerprint,
        "is_confirmed": bool(found.fingerprint) and data.get("confirmed") == found.fingerprint,
        "asks": found.code != "checks",
        "asked_people": found.people,
        "share": found.people / of_all if found.people is not None and of_all else 0.0,
    }
