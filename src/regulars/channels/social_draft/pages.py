"""The page of posts for social networks: write, copy, say that it was posted."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import Nav, page

from . import actions
from .forms import DraftForm
from .models import SocialDraft
from .networks import NETWORKS

OPEN, POSTED = 100, 20


@page(
    "social/",
    name="social",
    permission="manage_templates",
    nav=Nav("measures", gettext_lazy("Social posts"), "share-2", order=75),
)
def social(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What is to be posted, what was, and a form for a new one, or for the one that is changed (`?change=ID`)."""
    chosen = request.GET.get("change", "")
    row = None
    if chosen:
        row = SocialDraft.objects.filter(
            pk=int(chosen) if chosen.isdecimal() and len(chosen) < 18 else 0, posted_at=None
        ).first()
        if row is None:
            raise Http404
    initial = {"network": row.network, "text": row.text, "planned_for": row.planned_for} if row else None
    form = DraftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.write(
                shop, said["network"], said["text"], said["planned_for"], clock.now(), request.user,  # type: ignore[arg-type]
                pk=row.pk if row else None,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.code if refused.code in form.fields else None, str(refused))
        else:
            messages.success(request, _("The draft is saved."))
            return redirect("shop:social", shop.slug)
    drafts = SocialDraft.objects.filter(posted_at=None).order_by(F("planned_for").asc(nulls_last=True), "pk")[:OPEN]
    done = (
        SocialDraft.objects.filter(posted_at__isnull=False).select_related("posted_by").order_by("-posted_at")[:POSTED]
    )
    context = {
        "form": form,
        "row": row,
        "drafts": [(one, NETWORKS[one.network], NETWORKS[one.network].count(one.text)) for one in drafts],
        "posted": [(one, NETWORKS[one.network]) for one in done],
    }
    return render(request, "social_draft/social.html", context, status=422 if form.errors else 200)


@page("social/<int:pk>/posted/", name="social-posted", permission="manage_templates")
@require_POST
def posted(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """A person posted it."""
    return _settled(request, shop, pk, actions.posted, _("Noted as posted."))


@page("social/<int:pk>/drop/", name="social-drop", permission="manage_templates")
@require_POST
def drop(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Nobody wants it any more."""
    return _settled(request, shop, pk, actions.drop, _("The draft is deleted."))


def _settled(request: HttpRequest, shop: Shop, pk: int, act: Callable[..., object], words: str) -> HttpResponse:
    try:
        act(shop, pk, clock.now(), request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words)
    return redirect("shop:social", shop.slug)
