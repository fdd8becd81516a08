"""Mounts the declared pages under `/s/<shop>/`: login, permission, the shop in scope, its zone for dates."""

from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from regulars.core.pages import PAGES, Page
from regulars.core.scoping import scope
from regulars.web.control.errors import error_page
from regulars.web.control.shops import workplaces


def mounted(page: Page) -> Any:
    """The view of a page behind its door.

    Strangers to the shop get 404 (whether it exists is no business of theirs), staff without the permission 403.
    The view finds `request.shop`, `request.permissions` and `request.workplaces`.
    """

    @login_required
    @wraps(page.view)
    def view(request: HttpRequest, shop_slug: str, **kwargs: Any) -> HttpResponseBase:
        places = workplaces(request.user)
        place = next((one for one in places if one.shop.slug == shop_slug), None)
        if place is None:
            raise Http404
        request.workplaces = places  # type: ignore[attr-defined]
        request.shop = place.shop  # type: ignore[attr-defined]
        request.permissions = place.permissions  # type: ignore[attr-defined]
        if page.permission not in place.permissions:
            raise PermissionDenied
        if request.session.get("shop") != shop_slug:  # written only when it changes: one save less on every page
            request.session["shop"] = shop_slug
        with scope(shop=place.shop), timezone.override(ZoneInfo(place.shop.timezone)):
            response = page.view(request, place.shop, **kwargs)
            if isinstance(response, SimpleTemplateResponse):  # it queries while it is rendered
                response = response.render()
        if response.status_code == 405 and request.method == "GET":
            return error_page(request, 405)  # who had to sign in meanwhile is led back to where a form was sent
        return response

    return view


def mounted_pages() -> list[URLPattern]:
    """One URL pattern for each declared page."""
    return [path(f"s/<slug:shop_slug>/{page.path}", mounted(page), name=page.name) for page in PAGES.values()]
