"""Listeners: who has to react to which Events. Declared in a module's `listeners.py`; upper modules hear lower ones so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Shop

Reaction = Callable[["Shop", Sequence[Any], datetime], None]


@dataclass(frozen=True)
class Listener:
    """react: `(shop, events, now)`; called with a batch, inside the transaction that marks the events as handled."""

    key: str
    types: frozenset[str]
    react: Reaction


LISTENERS: dict[str, Listener] = {}


def listener(key: str, *, types: Sequence[str]) -> Callable[[Reaction], Reaction]:
    """Declares a listener for the event types named."""

    def declare(react: Reaction) -> Reaction:
        if key in LISTENERS and LISTENERS[key].react is not react:
            raise ValueError(f"two listeners are called {key!r}")
        LISTENERS[key] = Listener(key, frozenset(types), react)
        return react

    return declare


def interested(event_type: str) -> list[str]:
    """Keys of the listeners of an event type."""
    return [key for key, one in LISTENERS.items() if event_type in one.types]
