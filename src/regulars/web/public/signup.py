"""Sign-up forms and their confirmation (double opt-in): GET shows a page and changes nothing, POST acts.

Needs no cookie and no script, and asks nothing of the browser: one that sends DNT or Sec-GPC signs up and confirms as any.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Topic
from regulars.reach.signups import actions
from regulars.reach.signups.actions.signing import Asking, text_of
from regulars.reach.signups.models import SignupForm


@csrf_exempt  # no login stands behind it: a forged request could do no more than anybody may
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, shop: str, key: str) -> HttpResponse:
    """The form; after POST the same friendly page, whoever the address belongs to."""
    owner = Shop.objects.filter(slug=shop).first()
    found = SignupForm._base_manager.filter(shop=owner, key=key, is_active=True).first() if owner else None
    if owner is None or found is None:
        raise Http404
    request.shop = owner  # type: ignore[attr-defined]
    language = str(get_language() or owner.locale)[:2]
    text = text_of(found, language, owner.locale)
    topics = Topic._base_manager.filter(shop=owner, key__in=found.topics, is_active=True)
    context: dict[str, Any] = {"shop": owner, "form": found, "text": text, "state": "ask"}
    context["topics"] = [(one.key, one.name_in(language), one.description_in(language)) for one in topics]
    status = 200
    if request.method == "POST":
        said = request.POST
        context |= {"email": said.get("email", "")[:254], "first_name": said.get("first_name", "")[:80]}
        if said.get("website"):
            context["state"] = "sent"  # a field that people do not see: whoever fills it in is a machine
        elif not said.get("consent"):
            context["error"], status = "consent", 422
        else:
            asking = Asking(
                email=said.get("email", "")[:254],
                locale=text.locale,
                first_name=said.get("first_name", "") if found.asks_name else "",
                topics=said.getlist("topic"),
                tracking=bool(said.get("tracking")),
            )
            try:
                with scope(shop=owner):
                    actions.sign_up(owner, found, asking, now())
                context["state"] = "sent"
            except Refused:
                context["error"], status = "email", 422
    return render(request, "public/signup.html", context, status=status)


@csrf_exempt  # the token alone says what is confirmed: it stands in that person's mail only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks for a click (scanners follow links, people press buttons); POST confirms."""
    moment = now()
    signup = actions.known_signup(token, moment)
    state = "ask"
    if signup is not None and request.method == "POST":
        with scope(shop=signup.shop):
            signup = actions.confirm(token, moment)
        state = "done"
    if signup is None:
        return render(request, "public/confirm.html", {"state": "gone"}, status=404)
    request.shop = signup.shop  # type: ignore[attr-defined]
    if signup.state == signup.State.CONFIRMED:
        state = "done"
    return render(request, "public/confirm.html", {"state": state, "shop": signup.shop, "signup": signup})


urlpatterns = [
    path("f/<slug:shop>/<slug:key>", form, name="signup"),
    path("k/<str:token>", confirm, name="signup-confirm"),
]
