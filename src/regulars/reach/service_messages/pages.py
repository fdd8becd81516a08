"""The staff page of service messages: what is told of an order, each kind with its switch."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.reach.messaging.models import Message

from . import actions
from .kinds import KINDS
from .models import ServiceMessage

SPAN = timedelta(days=30)


@page(
    "service-messages/",
    name="service-messages",
    permission="manage_templates",
    nav=Nav("measures", gettext_lazy("Service messages"), "package", order=35),
)
def overview(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Every kind: on or off, its words, and how many went out in 30 days."""
    rows = {row.kind: row for row in ServiceMessage.objects.select_related("template")}
    sent = dict(
        Message._base_manager.filter(
            shop=shop,
            version__template__in=[row.template_id for row in rows.values()],
            status=Message.Status.DONE,
            sent_at__gte=clock.now() - SPAN,
        )
        .order_by()
        .values_list("version__template")
        .annotate(Count("pk"))
    )
    kinds = [
        {"kind": kind, "row": (row := rows.get(key)), "sent": sent.get(row.template_id, 0) if row else 0}
        for key, kind in KINDS.items()
    ]
    return render(request, "service_messages/overview.html", {"kinds": kinds})


@page("service-messages/<slug:kind>/switch/", name="service-message-switch", permission="manage_templates")
@require_POST
def switch(request: HttpRequest, shop: Shop, kind: str) -> HttpResponse:
    """Switches a kind on (`is_on` = 1) or off."""
    is_on = request.POST.get("is_on") == "1"
    try:
        actions.switch(shop, kind, is_on, clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request,
            _("On: what happens from now on is told.")
            if is_on
            else _("Off: your shop tells it itself, or nobody does."),
        )
    return redirect("shop:service-messages", shop.slug)
