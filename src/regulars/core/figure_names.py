"""What figures are called: modules below the figures know their keys only, and ask here for words."""

from collections.abc import Callable, Mapping
from typing import Any

_PROVIDERS: list[Callable[[], Mapping[str, Any]]] = []


def figure_names(provider: Callable[[], Mapping[str, Any]]) -> Callable[[], Mapping[str, Any]]:
    """Declares who knows figures: key → title."""
    _PROVIDERS.append(provider)
    return provider


def known_figures() -> dict[str, str]:
    """Key and title of every figure in the active language, by title."""
    named = {key: str(title) for provider in _PROVIDERS for key, title in provider().items()}
    return dict(sorted(named.items(), key=lambda pair: pair[1].lower()))


def name_of(key: str) -> str:
    """The title of a figure; its key where nobody knows it."""
    return known_figures().get(key, key)
