"""Social networks, and how each counts the length of a post."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
SHORT_LINK = 23
"""What Mastodon and X count for a web address, however long it is."""


def _signs(text: str) -> int:
    """Code points. Networks that count graphemes (Bluesky) never count more."""
    return len(text)


def _short_links(text: str) -> int:
    return len(_ADDRESS.sub("x" * SHORT_LINK, text))


def _weighted(text: str) -> int:
    """As X counts: signs of most alphabets one, all others (emoji, Chinese, Japanese) two; web addresses 23."""
    return sum(1 if _is_light(ord(sign)) else 2 for sign in _ADDRESS.sub("x" * SHORT_LINK, text))


def _is_light(point: int) -> bool:
    return point <= 0x10FF or 0x2000 <= point <= 0x200D or 0x2010 <= point <= 0x201F or 0x2032 <= point <= 0x2037


@dataclass(frozen=True, slots=True)
class Network:
    """most: the longest post, in what `count` counts."""

    key: str
    title: str
    most: int
    count: Callable[[str], int] = _signs


NETWORKS = {
    one.key: one
    for one in (
        Network("mastodon", "Mastodon", 500, _short_links),
        Network("bluesky", "Bluesky", 300),
        Network("threads", "Threads", 500),
        Network("x", "X", 280, _weighted),
        Network("instagram", "Instagram", 2200),
        Network("facebook", "Facebook", 5000),
        Network("linkedin", "LinkedIn", 3000),
    )
}
