"""Listeners: who has to react to which Events. Declared in a module's `listeners.py`; upper modules hear lower ones so."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Shop

Asks = Callable[["Shop", Collection[str]], Collection[str]]
Reaction = Callable[["Shop", Sequence[Any], datetime], None]


@dataclass(frozen=True)
class Listener:
    """react: `(shop, events, now)`; called with a batch, inside the transaction that marks the events as handled.

    asks: `(shop, types) -> those of the types that it wants to hear of now`, where that depends on what is in the shop.
    """

    key: str
    types: frozenset[str]
    react: Reaction
    asks: Asks | None = None


LISTENERS: dict[str, Listener] = {}


def listener(key: str, *, types: Sequence[str] = (), asks: Asks | None = None) -> Callable[[Reaction], Reaction]:
    """Declares a listener for the event types named, and for those that `asks` names when an event is written."""

    def declare(react: Reaction) -> Reaction:
        if key in LISTENERS and LISTENERS[key].react is not react:
            raise ValueError(f"two listeners are called {key!r}")
        LISTENERS[key] = Listener(key, frozenset(types), react, asks)
        return react

    return declare


def interested(event_type: str) -> list[str]:
    """Keys of the listeners of an event type."""
    return [key for key, one in LISTENERS.items() if event_type in one.types]


def interested_in(shop: "Shop", types: Collection[str]) -> dict[str, list[str]]:
    """Keys of the listeners of each of the event types in this shop. One query for each listener that asks."""
    heard = {kind: interested(kind) for kind in types}
    for key, one in LISTENERS.items():
        if one.asks is not None and types:
            for kind in one.asks(shop, types):
                if key not in heard[kind]:
                    heard[kind].append(key)
    return heard
