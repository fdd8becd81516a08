"""The composer: audience → message → test → time → check. Each step saves the draft; the check launches it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.decide.goals.actions import DEFAULT_KPIS
from regulars.decide.segments.estimate import everybody, sample_of
from regulars.decide.segments.models import Segment
from regulars.journeys import before_start
from regulars.journeys.before_start import NotReady
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.actions import ArmDraft
from regulars.journeys.campaigns.audience import LATER, REASONS, is_everybody, reach_of, smallest_effect
from regulars.journeys.campaigns.forms import AudienceForm, MessageForm, TestForm, TimeForm, offer_fields, percent
from regulars.journeys.campaigns.models import Arm, Campaign, arms_of
from regulars.journeys.pages.asking import agreed_in, shown

STEPS = {
    "audience": (gettext_lazy("Audience"), "users"),
    "message": (gettext_lazy("Message"), "mail"),
    "test": (gettext_lazy("Test"), "flask-conical"),
    "time": (gettext_lazy("Time"), "clock"),
    "check": (gettext_lazy("Check and send"), "list-checks"),
}
ORDER = list(STEPS)


@page("campaigns/new/", name="campaign_new", permission="manage_measures")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The first step of a new one; it is there as soon as it is saved."""
    return _audience(request, shop, None)


@page("campaigns/<slug:key>/edit/", name="campaign_edit", permission="manage_measures")
def edit(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """One step of a draft, `?step=…`."""
    campaign: Campaign = get_object_or_404(Campaign.objects.select_related("segment", "topic", "shop"), key=key)
    if campaign.status != Campaign.Status.DRAFT:
        return redirect("shop:campaign", shop.slug, key)
    step = request.GET.get("step", "audience")
    views = {"audience": _audience, "message": _message, "test": _test, "time": _time, "check": _check}
    if step not in views:
        raise Http404
    return views[step](request, shop, campaign)


@page("campaigns/reach/", name="campaign_reach", permission="manage_measures")
def reach(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The live part of the first step: whom the values in the form would reach."""
    form = AudienceForm(shop, request.GET)
    form.is_valid()
    segment: Segment | None = form.cleaned_data.get("segment")
    if segment is None:
        return render(request, "campaigns/reach.html", {"reach": None})
    values = {"segment": segment, "topic": form.cleaned_data.get("topic")}
    share = Decimal(form.cleaned_data.get("holdout_share") or 0)
    days = form.cleaned_data.get("outcome_days") or 14
    campaign = Campaign(shop=shop, holdout_share=share, outcome_days=days, **values)
    return render(request, "campaigns/reach.html", _counts(campaign, is_estimate=True))


@page("campaigns/<slug:key>/delete/", name="campaign_delete", permission="manage_measures")
@require_POST
def delete(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Throws a draft away."""
    campaign: Campaign = get_object_or_404(Campaign.objects, key=key)
    try:
        actions.delete(campaign, clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shop:campaigns", shop.slug)


def _counts(campaign: Campaign, *, is_estimate: bool = False) -> dict[str, Any]:
    """Whom it would reach, and what could be seen. In a large shop a sample tells what could be seen, and, while somebody
    chooses, whom it would reach; before the launch all are counted."""
    now = clock.now()
    of_all = everybody(campaign.shop)
    sample = sample_of(campaign.shop, of_all)
    found = reach_of(campaign, now, sample if is_estimate else None)
    held_out = found.held_out(float(campaign.holdout_share))
    return {
        "reach": found,
        "held_out": held_out,
        "gets": found.allowed - held_out,
        "left_out": [(REASONS[why], count, why in LATER) for why, count in found.refused.items()],
        "smallest": smallest_effect(campaign, found, now, sample),
        "of_all": of_all,
        "days": campaign.outcome_days,
        "share": found.share,
        "asks_again": is_everybody(campaign, found),
    }


def _page(request: HttpRequest, shop: Shop, campaign: Campaign | None, step: str, **context: Any) -> HttpResponse:
    steps = [
        {
            "title": f"{number}. {title}",
            "icon": icon,
            "current": key == step,
            "href": f"{reverse('shop:campaign_edit', args=[shop.slug, campaign.key])}?step={key}" if campaign else "#",
        }
        for number, (key, (title, icon)) in enumerate(STEPS.items(), start=1)
    ]
    place = ORDER.index(step)
    return render(
        request,
        f"campaigns/{step}.html",
        {
            "campaign": campaign,
            "step": step,
            "steps": steps if campaign else steps[:1],
            "back": steps[place - 1]["href"] if place and campaign else "",
            "crumbs": [(_("Campaigns"), reverse("shop:campaigns", args=[shop.slug]))],
            **context,
        },
    )


def _onward(shop: Shop, campaign: Campaign, step: str) -> HttpResponse:
    following = ORDER[ORDER.index(step) + 1]
    return redirect(f"{reverse('shop:campaign_edit', args=[shop.slug, campaign.key])}?step={following}")


def _saved(
    request: HttpRequest, shop: Shop, form: Any, values: dict[str, Any], arms: Any, campaign: Campaign | None
) -> Campaign | None:
    """The saved draft; None where it was refused, which the form then tells."""
    try:
        return actions.save(shop, values, arms, clock.now(), request.user, campaign=campaign)  # type: ignore[arg-type]
    except Refused as refused:
        form.add_error(None, str(refused))
        return None


def _audience(request: HttpRequest, shop: Shop, campaign: Campaign | None) -> HttpResponse:
    if campaign is None:
        initial: dict[str, Any] = {
            "goal": "hold", "kpi": DEFAULT_KPIS["hold"], "holdout_share": "0.1", "outcome_days": 14,
            "segment": request.GET.get("segment"),
        }  # fmt: skip
    else:
        initial = {
            "name": campaign.name, "segment": campaign.segment_id, "topic": campaign.topic_id, "goal": campaign.goal,
            "kpi": campaign.kpi, "outcome_days": campaign.outcome_days,
            "holdout_share": f"{campaign.holdout_share.normalize():f}",
        }  # fmt: skip
    form = AudienceForm(shop, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, shop, form, form.values(), None, campaign)
        if saved is not None:
            return _onward(shop, saved, "audience")
    return _page(request, shop, campaign, "audience", form=form)


def _message(request: HttpRequest, shop: Shop, campaign: Campaign) -> HttpResponse:
    arms = arms_of(campaign)
    first = arms[0] if arms else Arm()
    initial = {"template": first.template_id, **offer_fields(first.offer, shop)}
    initial |= {f"subject_{locale}": text for locale, text in first.subjects.items()}
    form = MessageForm(shop, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.arm()
        keeps = campaign.tests
        drafts = [
            ArmDraft(
                arm.template if keeps == Campaign.Tests.CONTENT and place else said.template,
                arm.subjects if keeps == Campaign.Tests.SUBJECT and place else said.subjects,
                arm.offer if keeps == Campaign.Tests.OFFER and place else said.offer,
                arm.hour,
                arm.share,
            )
            for place, arm in enumerate(arms)
        ] or [said]
        if saved := _saved(request, shop, form, {}, drafts, campaign):
            return _onward(shop, saved, "message")
    return _page(request, shop, campaign, "message", form=form, currency=shop.currency)


def _test(request: HttpRequest, shop: Shop, campaign: Campaign) -> HttpResponse:
    arms = arms_of(campaign)
    asked = request.POST if request.method == "POST" else request.GET
    kind = asked.get("tests", campaign.tests)
    kind = kind if kind in Campaign.Tests.values else ""
    wanted = asked.get("arms", "")
    size = min(max(int(wanted), 2), 5) if wanted.isdecimal() else max(2, len(arms))
    first = arms[0] if arms else Arm()
    base = ArmDraft(first.template, first.subjects, first.offer, first.hour)
    initial: dict[str, Any] = {
        "tests": kind, "arms": size, "winner_by": campaign.winner_by, "wait_hours": campaign.wait_hours,
        "least": campaign.least,
        "test_share": f"{campaign.test_share.normalize():f}" if campaign.test_share else "",
    }  # fmt: skip
    for place, arm in enumerate(arms[:size]):
        initial |= {f"subject_{locale}_{place}": text for locale, text in arm.subjects.items()}
        initial |= {f"template_{place}": arm.template_id, f"hour_{place}": arm.hour or 9 + place}
        initial |= offer_fields(arm.offer, shop, f"_{place}")
        if len(arms) == size:
            initial[f"share_{place}"] = round(100 * arm.share)
    form = TestForm(shop, kind, size if kind else 0, request.POST or None, initial=initial)
    if request.method == "POST":
        if not kind:
            saved = actions.save(
                shop, {"tests": "", "test_share": None}, [base], clock.now(), request.user, campaign=campaign  # type: ignore[arg-type]
            )  # fmt: skip
            return _onward(shop, saved, "test")
        if form.is_valid() and (saved2 := _saved(request, shop, form, form.values(), form.arm_drafts(base), campaign)):
            return _onward(shop, saved2, "test")
    return _page(request, shop, campaign, "test", form=form, kind=kind)


def _time(request: HttpRequest, shop: Shop, campaign: Campaign) -> HttpResponse:
    arms = arms_of(campaign)
    initial = {
        "timing": "local" if campaign.tests == Campaign.Tests.TIME else campaign.timing,
        "starts_at": campaign.starts_at, "day": campaign.day, "hour": (arms[0].hour if arms else None) or 10,
        "within_hours": campaign.within_hours, "per_hour": campaign.per_hour,
    }  # fmt: skip
    form = TimeForm(shop, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        keeps = campaign.tests == Campaign.Tests.TIME
        hour = form.cleaned_data["hour"]
        drafts = [
            ArmDraft(arm.template, arm.subjects, arm.offer, arm.hour if keeps else hour, arm.share) for arm in arms
        ]
        if saved := _saved(request, shop, form, form.values(), drafts or None, campaign):
            return _onward(shop, saved, "time")
    return _page(request, shop, campaign, "time", form=form, zone=shop.timezone, tests_time=campaign.tests == "time")


def _check(request: HttpRequest, shop: Shop, campaign: Campaign) -> HttpResponse:
    now = clock.now()
    arms = arms_of(campaign)
    refused = ""
    if request.method == "POST":
        try:
            launched = actions.launch(
                campaign,
                now,
                request.user,  # type: ignore[arg-type]
                agreed=agreed_in(request.POST),
                confirmed=request.POST.get("confirmed", ""),
            )
        except NotReady as said:
            # Shown below, with what is to be confirmed; a word above where somebody went by without a tick.
            refused = "" if said.code == "checks" else _("Confirm what was found in the mails.")
        except Refused as said:
            refused = str(said)
        else:
            words = _("“%(name)s” is being sent.") if launched.status == "sending" else _("“%(name)s” is planned.")
            messages.success(request, words % {"name": campaign.name})
            return redirect("shop:campaign", shop.slug, campaign.key)
    found = actions.problems(campaign, arms, now)
    looked = [] if found else actions.look_at(campaign, arms, now)
    ready = NotReady(looked, code="checks" if before_start.errors_in(looked) else "warnings")
    address = reverse("shop:campaign_edit", args=[shop.slug, campaign.key])
    return _page(
        request,
        shop,
        campaign,
        "check",
        denied=refused.splitlines(),
        problems=[(words, f"{address}?step={where}") for where, words in found],
        arms=arms,
        test_share=percent(campaign.test_share) if campaign.waits_for_winner and campaign.test_share else "",
        **{**shown(shop, ready, request.POST), **_counts(campaign)},
    )
