"""All campaigns: drafts, planned, under way with their progress, and those that are over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.campaigns.results import progress_of

TONES = {
    "draft": "neutral",
    "planned": "info",
    "sending": "success",
    "paused": "warning",
    "done": "neutral",
    "cancelled": "neutral",
}
MOST = 200


@page(
    "campaigns/",
    name="campaigns",
    permission="view_figures",
    nav=Nav("measures", _("Campaigns"), "megaphone", order=20),
)
def campaigns(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The newest first; those under way above all others."""
    found = list(Campaign.objects.select_related("segment").order_by("-created_at")[:MOST])
    progress = progress_of(found)
    rank = {"sending": 0, "paused": 0, "planned": 1, "draft": 2}
    found.sort(key=lambda one: rank.get(one.status, 3))
    rows = [{"campaign": one, "progress": progress.get(one.pk), "tone": TONES[one.status]} for one in found]
    return render(request, "campaigns/list.html", {"rows": rows})
