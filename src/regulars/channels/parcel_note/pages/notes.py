"""What came of the notes, what waits, and what the shop affords."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.channels.parcel_note import actions
from regulars.channels.parcel_note.actions.bench import CHANNEL
from regulars.channels.parcel_note.forms import PolicyForm
from regulars.channels.parcel_note.models import ParcelNote
from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import page, settings_tab
from regulars.core.turning import turned
from regulars.decide.contact_policy import caps
from regulars.reach.messaging.actions import waiting_by_hand

SHOWN = 30

settings_tab("settings-notes", title=gettext_lazy("Parcel notes"), order=20)


@page("parcel-notes/", name="parcel-notes", permission="view_customers")
def notes(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Notes by the time they were ticked, the newest first; how many wait, and what of the month's budget is taken."""
    now = clock.now()
    rows = ParcelNote.objects.filter(outcome__gt="").select_related(
        "order", "message__customer", "message__measure", "taken_by"
    )
    found = turned(rows, ("-told_at", "-pk"), request.GET, SHOWN)
    context = {
        "rows": found.rows, "before": found.before, "after": found.after,
        "waiting": waiting_by_hand(shop, CHANNEL, now).count(),
        "policy": actions.policy_of(shop), "taken": caps.taken(shop, CHANNEL, now),
    }  # fmt: skip
    return render(request, "parcel_note/notes.html", context)


@page("settings/parcel-notes/", name="settings-notes", permission="manage_settings")
def policy(request: HttpRequest, shop: Shop) -> HttpResponse:
    """How many notes a month, and what a gift costs."""
    now = clock.now()
    form = PolicyForm(request.POST or None, shop=shop, policy=actions.policy_of(shop))
    if request.method == "POST" and form.is_valid():
        actions.change_policy(shop, now, request.user, **form.values())  # type: ignore[arg-type]
        messages.success(request, _("The settings are saved."))
        return redirect(request.path)
    context = {"form": form, "taken": caps.taken(shop, CHANNEL, now)}
    return render(request, "parcel_note/policy.html", context, status=422 if form.errors else 200)
