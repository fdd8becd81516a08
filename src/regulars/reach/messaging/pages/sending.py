"""What staff see and do of sending: its rules among the settings, and continuing a measure that paused itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, panels_of, settings_tab
from regulars.decide.goals.models import Measure
from regulars.reach.messaging import actions
from regulars.reach.messaging.forms import RulesForm

settings_tab("settings-sending", title=gettext_lazy("Sending"), order=10)


@page("settings/sending/", name="settings-sending", permission="manage_settings")
def sending(request: HttpRequest, shop: Shop) -> HttpResponse:
    """How fast mails go out, where they come back, and when a measure pauses itself."""
    form = RulesForm(request.POST or None, rules=actions.rules_of(shop))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_rules(shop, clock.now(), request.user, **form.values())  # type: ignore[arg-type]
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request.path)
    panels = panels_of("settings-sending", request, shop, None, request.permissions)  # type: ignore[attr-defined]
    context = {"form": form, "panels": panels}
    return render(request, "messaging/sending.html", context, status=422 if form.errors else 200)


@page("measures/<slug:key>/continue/", name="measure-continue", permission="manage_measures")
@require_POST
def resume(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Ends the pause of a measure that paused itself."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("shop"), key=key)
    if actions.resume(measure, clock.now(), request.user):  # type: ignore[arg-type]
        messages.success(request, _("Sending goes on. Messages for which it is too late by now are not sent."))
    return redirect("shop:measure", shop.slug, measure.key)
