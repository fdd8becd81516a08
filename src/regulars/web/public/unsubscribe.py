"""Unsubscribing (RFC 8058): POST acts at once, without cookie or login; GET shows a page with a button and changes nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from regulars.core.clock import now
from regulars.reach.messaging import tokens
from regulars.reach.messaging.actions import unsubscribe as withdraw
from regulars.reach.messaging.models import Message


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The token alone says who and from what: it is signed and stands in that person's mail only."""
    moment = now()
    said = tokens.read(tokens.UNSUBSCRIBE, token, moment)
    if said is None or said.is_expired:
        return render(request, "public/unsubscribe.html", {"state": "gone"}, status=404)
    if request.method == "POST":
        message = withdraw(said, moment)
        state = "done"
    else:
        message = Message._base_manager.select_related("shop").filter(pk=said.message).first()
        state = "ask"
    if message is None:
        return render(request, "public/unsubscribe.html", {"state": "gone"}, status=404)
    request.shop = message.shop  # type: ignore[attr-defined]
    return render(request, "public/unsubscribe.html", {"state": state, "shop": message.shop})


urlpatterns = [path("u/<str:token>", unsubscribe, name="unsubscribe")]
