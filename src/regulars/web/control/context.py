"""What every template of the house finds in its context."""

from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from regulars.web import written
from regulars.web.control.navigation import sections
from regulars.web.control.shops import workplaces
from regulars.web.control.theme import THEME_COOKIE, THEMES

BOTTOM_LINKS = 4
"""Pages in the bottom bar of a phone, beside the menu."""


def house(request: HttpRequest) -> dict[str, Any]:
    """`shop`, `permissions`, `navigation`, `workplaces`, `theme`, `language`, `languages`, `is_demo`.

    Without a query: the shop and what may be done in it were found when the page was entered.
    """
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    found: dict[str, Any] = {
        "shop": None,
        "permissions": frozenset(),
        "theme": theme if theme in THEMES else "auto",
        "language": (get_language() or settings.LANGUAGE_CODE)[:2],
        "languages": [(code, written.language_name(code)) for code, _name in settings.LANGUAGES],
        "is_demo": settings.REGULARS_DEMO,
    }
    shop = getattr(request, "shop", None)
    if shop is not None:
        permissions: frozenset[str] = getattr(request, "permissions", frozenset())
        navigation = sections(shop, permissions, request.path)
        found |= {
            "shop": shop,
            "permissions": permissions,
            "navigation": navigation,
            "workplaces": getattr(request, "workplaces", None) or workplaces(getattr(request, "user", None)),
            "bottom_links": list(islice(chain.from_iterable(one.links for one in navigation), BOTTOM_LINKS)),
            "customers_url": customers_url(shop.slug) if "view_customers" in permissions else None,
        }
    return found


def customers_url(slug: str) -> str | None:
    """Where the search of the top bar leads, once the page of customers is there."""
    try:
        return reverse("shop:customers", args=[slug])
    except NoReverseMatch:
        return None
