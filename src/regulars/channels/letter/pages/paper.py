"""The letter paper among the settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.channels.letter import actions
from regulars.channels.letter.actions.paper import printed_paper
from regulars.channels.letter.forms import PaperForm
from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import page, settings_tab

settings_tab("settings-letters", title=gettext_lazy("Letters"), order=21)


@page("settings/letters/", name="settings-letters", permission="manage_settings")
def paper(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Return line, greeting, who signs, lines at the foot."""
    form = PaperForm(request.POST or None, paper=actions.paper_of(shop))
    if request.method == "POST" and form.is_valid():
        actions.change_paper(shop, clock.now(), request.user, **form.values())  # type: ignore[arg-type]
        messages.success(request, _("The settings are saved."))
        return redirect(request.path)
    context = {"form": form, "printed": printed_paper(shop)}
    return render(request, "letter/paper.html", context, status=422 if form.errors else 200)
