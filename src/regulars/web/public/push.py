"""Messages in the browser: the page that explains and asks, and what browsers tell us there. No login, no cookie.

A page of our own and not of the shop: a service worker belongs to the host that serves it, and few shop systems let a
merchant put a file there. Who the customer is says what follows `#` in the address, which no log keeps: the shop's signed
word, or the token of the preference centre.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from regulars.channels.web_push import actions
from regulars.channels.web_push.models import PushSubscription
from regulars.channels.web_push.wording import VERSION, wording
from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer
from regulars.reach.messaging import tokens
from regulars.reach.messaging.models import Message

from . import from_shop


@csrf_exempt  # no login stands behind it: what is told proves by itself who tells it
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def push(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the page and changes nothing; POST is a browser that agrees, moves, leaves, or asks whether it is known."""
    shop = Shop.objects.filter(slug=slug).first()
    key = actions.key_of(shop) if shop is not None else None
    if shop is None or key is None:
        raise Http404
    request.shop = shop  # type: ignore[attr-defined]
    with scope(shop=shop):
        if request.method == "POST":
            return _told(request, shop)
        context = {
            "shop": shop,
            "key": key.public,
            "version": VERSION,
            "wording": wording(shop, str(get_language() or shop.locale)[:2]),
            "worker": f"{reverse('script-worker')}?shop={shop.slug}",
        }
        return render(request, "public/push.html", context)


def _told(request: HttpRequest, shop: Shop) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > from_shop.LONGEST:
        return JsonResponse({"error": "too long"}, status=413)
    said = from_shop.read(request.body)
    if said is None:
        return JsonResponse({"error": "not a JSON object"}, status=400)
    # The language in which the page stood before the customer, which knows more than this call: it carries no cookie.
    locale = str(said.get("locale")) if said.get("locale") in dict(settings.LANGUAGES) else shop.locale
    with override(locale):
        return _answer(request, shop, said, locale)


def _answer(request: HttpRequest, shop: Shop, said: dict[str, Any], locale: str) -> HttpResponse:
    moment, did, endpoint = now(), said.get("did"), said.get("endpoint")
    try:
        if did == "subscribe":
            customer_id = _customer(shop, said)
            if customer_id is None:
                words = _("It is not certain who you are: go back to the shop, sign in and press the button again.")
                return JsonResponse({"error": words}, status=401)
            version = said.get("version")
            actions.subscribe(
                shop, customer_id, actions.checked(said.get("subscription")), moment,
                version=version if isinstance(version, int) else 0,
                locale=locale, agent=request.headers.get("User-Agent", ""),
            )  # fmt: skip
            return JsonResponse({"on": True})
        if did == "move" and isinstance(said.get("former"), str):
            address = actions.checked(said.get("subscription"))
            return JsonResponse({"on": actions.move(shop, said["former"], address, moment)})
        if did == "leave" and isinstance(endpoint, str):
            actions.leave(shop, endpoint, moment)
            return JsonResponse({"on": False})
        if did == "look" and isinstance(endpoint, str):
            known = PushSubscription.objects.filter(shop=shop, digest=actions.digest_of(endpoint))
            return JsonResponse({"on": known.exists()})
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    return JsonResponse({"error": "did: subscribe, move, leave or look"}, status=422)


def _customer(shop: Shop, said: dict[str, Any]) -> int | None:
    """Who it is: as the shop's page signed it, or as the link in one of their messages says."""
    moment = now()
    token = said.get("preferences")
    if isinstance(token, str):
        found = tokens.read(tokens.PREFERENCES, token, moment)
        if found is None or found.is_expired:
            return None
        mine = Message._base_manager.filter(shop=shop, pk=found.message, customer__erased_at=None)
        return mine.values_list("customer_id", flat=True).first()
    storefront = from_shop.storefront_at(shop.slug)
    who = from_shop.asking(storefront, said.get("customer", ""), moment) if storefront else None
    living = Customer.objects.filter(pk=who.customer_id, erased_at=None, merged_into=None) if who else None
    return who.customer_id if who and living is not None and living.exists() else None


urlpatterns = [path("w/<slug:slug>/push", push, name="push")]
