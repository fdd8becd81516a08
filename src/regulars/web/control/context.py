"""What every template of the house finds in its context."""

from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from regulars.core.models import Staff
from regulars.web import written
from regulars.web.control.navigation import sections
from regulars.web.control.shops import workplaces
from regulars.web.control.theme import THEME_COOKIE, THEMES

BOTTOM_LINKS = 4
"""Pages in the bottom bar of a phone, beside the menu."""


def look(request: HttpRequest) -> dict[str, Any]:
    """`theme`, `language`, `languages`: what the frame of every page needs, error pages too. Asks no record."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "theme": theme if theme in THEMES else "auto",
        "language": (get_language() or settings.LANGUAGE_CODE)[:2],
        "languages": [(code, written.language_name(code)) for code, _name in settings.LANGUAGES],
    }


def house(request: HttpRequest) -> dict[str, Any]:
    """`shop`, `permissions`, `navigation`, `workplaces`, `theme`, `language`, `languages`, `is_demo`, `is_nobody_there`.

    Without a query on a page of a shop: the shop and what may be done in it were found when it was entered. A staff page
    without a shop (the account) keeps the navigation of the last one.
    """
    found: dict[str, Any] = look(request) | {
        "permissions": frozenset(),
        "is_demo": settings.REGULARS_DEMO,
        "is_nobody_there": is_nobody_there,
    }
    remember_shop(request)
    shop = getattr(request, "shop", None)
    if shop is not None:
        permissions: frozenset[str] = getattr(request, "permissions", frozenset())
        navigation = sections(shop, permissions, request.path)
        found |= {
            "shop": shop,
            "permissions": permissions,
            "navigation": navigation,
            "workplaces": getattr(request, "workplaces", []),
            "bottom_links": list(islice(chain.from_iterable(one.links for one in navigation), BOTTOM_LINKS)),
            "customers_url": customers_url(shop.slug) if "view_customers" in permissions else None,
        }
    return found


def is_nobody_there() -> bool:
    """Whether nobody can sign in yet. Asked by the login page only: templates call it where they name it."""
    return not Staff.objects.exists()


def remember_shop(request: HttpRequest) -> None:
    """Gives a staff page without a shop the one of last time: one query, only for people who are signed in."""
    user = getattr(request, "user", None)
    if hasattr(request, "shop") or user is None or not user.is_authenticated:
        return
    places = workplaces(user)
    last = request.session.get("shop")
    for place in sorted(places, key=lambda one: one.shop.slug != last)[:1]:
        request.workplaces = places  # type: ignore[attr-defined]
        request.shop = place.shop  # type: ignore[attr-defined]
        request.permissions = place.permissions  # type: ignore[attr-defined]


def customers_url(slug: str) -> str | None:
    """Where the search of the top bar leads, once the page of customers is there."""
    try:
        return reverse("shop:customers", args=[slug])
    except NoReverseMatch:
        return None
