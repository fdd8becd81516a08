"""Event types: each is declared once, with the words in which the timeline shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Shop

Describe = Callable[["Shop", Mapping[str, Any]], str]


@dataclass(frozen=True)
class EventType:
    """key: `noun.verb_in_past`. title: lazy text. icon: name of an icon. describe: one line from the event's data.

    is_open: programs of the shop may send it; the others are written by the house alone.
    """

    key: str
    title: Any
    icon: str
    describe: Describe | None = None
    is_open: bool = False


EVENT_TYPES: dict[str, EventType] = {}


def event_type(
    key: str, title: Any, *, icon: str = "dot", describe: Describe | None = None, is_open: bool = False
) -> str:
    """Declares an event type and returns its key, to be used as a constant."""
    EVENT_TYPES[key] = EventType(key, title, icon, describe, is_open)
    return key
