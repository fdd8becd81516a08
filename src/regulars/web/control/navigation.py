"""The navigation of the staff: which pages a person may open, in the sections of the side bar."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import PAGES

SECTIONS: dict[str, Any] = {
    "start": "",
    "customers": _("Customers"),
    "measures": _("Measures"),
    "figures": _("Figures"),
    "shop": _("Shop"),
}
"""Key → heading, in order. A page names its section by the key; an unknown one is shown under the last."""


@dataclass(frozen=True)
class Link:
    """One line of the navigation. current: it is the page shown, or the page shown lies below it."""

    name: str
    title: Any
    icon: str
    href: str
    current: bool


@dataclass(frozen=True)
class Section:
    key: str
    title: Any
    links: tuple[Link, ...]


def sections(shop: Shop, permissions: Iterable[str], path: str) -> list[Section]:
    """The sections with at least one page that these permissions open; `path` is the page shown."""
    allowed = frozenset(permissions)
    last = next(reversed(SECTIONS))
    found: dict[str, list[tuple[int, str, Any, str, str]]] = {key: [] for key in SECTIONS}
    below: dict[str, str] = {}
    for page in PAGES.values():
        if page.nav is None or page.permission not in allowed:
            continue
        try:
            href = reverse(f"shop:{page.name}", args=[shop.slug])
        except NoReverseMatch:  # a page that needs more than the shop is no place to go to from everywhere
            continue
        key = page.nav.section if page.nav.section in SECTIONS else last
        found[key].append((page.nav.order, page.name, page.nav.title, page.nav.icon, href))
        home = href.removesuffix(page.path)
        # The overview lies at the root of the shop, where every other page would lie below it.
        below |= {href: href} if page.path or path == href else {}
        below |= {home + page.nav.also: href} if page.nav.also else {}
    shown = max((href for begin, href in below.items() if path.startswith(begin)), key=len, default="")
    return [
        Section(
            key,
            SECTIONS[key],
            tuple(Link(n, t, i, h, h == shown) for _o, n, t, i, h in sorted(lines, key=lambda x: x[:2])),
        )
        for key, lines in found.items()
        if lines
    ]


def first_page(shop: Shop, permissions: Iterable[str]) -> str | None:
    """Where a person starts in this shop: the first page of the navigation that is open to them."""
    for section in sections(shop, permissions, ""):
        return section.links[0].href
    return None
