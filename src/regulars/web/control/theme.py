"""Light, dark, or as the system says: a cookie, so that the first byte of a page already has the right colours."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEME_COOKIE = "regulars_theme"
THEMES = {"auto": "", "light": "regulars-light", "dark": "regulars-dark"}


def way_back(request: HttpRequest) -> str:
    """The page to return to after a switch: the posted `next` if it is ours, else the start."""
    address = request.POST.get("next", "")
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()) else "/"


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """POST theme=auto|light|dark, next=address."""
    response = HttpResponseRedirect(way_back(request))
    theme = request.POST.get("theme", "auto")
    if theme == "auto" or theme not in THEMES:
        response.delete_cookie(THEME_COOKIE)
    else:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """POST language=de|en, next=address."""
    response = HttpResponseRedirect(way_back(request))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 86400,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
