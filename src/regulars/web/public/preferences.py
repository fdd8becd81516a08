"""The preference centre: topics, how often, measuring, and the way out; reached by the link in each mail, without a login."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from regulars.channels.web_push.models import PushKey
from regulars.core.clock import now
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy import actions
from regulars.decide.contact_policy.models import Channel, Consent, ContactWish, Objection, Purpose, Topic, TopicChoice
from regulars.reach.messaging import tokens
from regulars.reach.messaging.models import Message

SOURCE = "preferences"
FREQUENCIES = {
    0: _("As often as there is something to say"),
    4: _("At most once a week"),
    2: _("At most twice a month"),
    1: _("At most once a month"),
}


@csrf_exempt  # the token alone says whose preferences these are: it stands in that person's mail only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what holds and changes nothing; POST saves, or ends all advertising."""
    moment = now()
    said = tokens.read(tokens.PREFERENCES, token, moment)
    message = (
        Message._base_manager.select_related("shop", "customer").filter(pk=said.message).first()
        if said is not None and not said.is_expired
        else None
    )
    if message is None or message.customer.erased_at is not None:
        return render(request, "public/preferences.html", {"state": "gone"}, status=404)
    shop, customer_id = message.shop, message.customer_id
    request.shop = shop  # type: ignore[attr-defined]
    state = "ask"
    with scope(shop=shop):
        if request.method == "POST":
            state = _save(request, shop, customer_id)
        context = {"state": state, "shop": shop} | _shown(shop, customer_id)
        if PushKey.objects.filter(shop=shop).exists():
            context["push"] = f"{reverse('push', args=[shop.slug])}#p.{token}"
    return render(request, "public/preferences.html", context)


def _save(request: HttpRequest, shop: Shop, customer_id: int) -> str:
    moment = now()
    if request.POST.get("leave"):
        actions.object_to_advertising(shop, [customer_id], moment, source=SOURCE)
        return "left"
    chosen = set(request.POST.getlist("topic"))
    topics = Topic.objects.filter(shop=shop, is_active=True).values_list("key", flat=True)
    actions.choose_topics(shop, customer_id, {key: key in chosen for key in topics}, moment, source=SOURCE)
    often = request.POST.get("often", "")
    if often.isdigit() and int(often) in FREQUENCIES:
        actions.wish_frequency(shop, customer_id, int(often) or None, moment, source=SOURCE)
    kept = {f"{one.channel}:{one.purpose}" for one in _given(customer_id)}
    for one in sorted(kept - set(request.POST.getlist("consent"))):
        channel, purpose = one.split(":")
        actions.withdraw_consent(shop, [customer_id], channel, purpose, moment, source=SOURCE)
    return "saved"


def _given(customer_id: int) -> list[Consent]:
    return list(
        Consent.objects.filter(customer=customer_id, state=Consent.State.GRANTED).order_by("channel", "purpose")
    )


def _shown(shop: Shop, customer_id: int) -> dict[str, Any]:
    language = str(get_language() or shop.locale)[:2]
    choices = dict(TopicChoice.objects.filter(customer=customer_id).values_list("topic_id", "is_wanted"))
    wish = ContactWish.objects.filter(customer=customer_id).values_list("per_month", flat=True).first()
    channels, purposes = dict(Channel.choices), dict(Purpose.choices)
    return {
        "topics": [
            (one.key, one.name_in(language), one.description_in(language), choices.get(one.pk, True))
            for one in Topic.objects.filter(shop=shop, is_active=True)
        ],
        "frequencies": [(key, title, key == (wish or 0)) for key, title in FREQUENCIES.items()],
        "consents": list(
            {
                f"{one.channel}:{one.purpose}": (channels[one.channel], purposes[one.purpose], one.wording)
                for one in _given(customer_id)
            }.items()
        ),
        "objected": Objection.objects.filter(customer=customer_id).exists(),
    }


urlpatterns = [path("p/<str:token>", preferences, name="preferences")]
