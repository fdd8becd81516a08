"""The page of webhook endpoints: make one, switch it, see the latest calls."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page

from . import actions
from .models import Webhook, WebhookEndpoint

LATEST = 30


class EndpointForm(forms.Form):
    """Name and address of a new endpoint."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, help_text=gettext_lazy("Such as https://example.com/hooks.")
    )


@page(
    "webhooks/",
    name="webhooks",
    permission="manage_settings",
    nav=Nav("shop", gettext_lazy("Webhooks"), "webhook", order=85),
)
def webhooks(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All endpoints and the latest calls. A new secret is shown once, in the answer to the form."""
    form, secret = EndpointForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _endpoint, secret = actions.create_endpoint(
                shop,
                form.cleaned_data["name"],
                form.cleaned_data["url"].strip(),
                clock.now(),
                request.user,  # type: ignore[arg-type]
            )
            form = EndpointForm()
        except Refused as refused:
            form.add_error("url", str(refused))
    context = {
        "form": form,
        "secret": secret,
        "rows": WebhookEndpoint.objects.order_by("-is_active", "name"),
        "latest": Webhook.objects.select_related("endpoint").order_by("-created_at", "-pk")[:LATEST],
    }
    answer = render(request, "webhooks/webhooks.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("webhooks/<int:pk>/switch/", name="webhook-switch", permission="manage_settings")
@require_POST
def switch(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Switches an endpoint on or off."""
    endpoint: WebhookEndpoint = get_object_or_404(WebhookEndpoint.objects.select_related("shop"), pk=pk)
    actions.switch_endpoint(endpoint, not endpoint.is_active, clock.now(), request.user)  # type: ignore[arg-type]
    text = _("“%(name)s” is on.") if endpoint.is_active else _("“%(name)s” is off: its calls wait.")
    messages.success(request, text % {"name": endpoint.name})
    return redirect(reverse("shop:webhooks", args=[shop.slug]))
