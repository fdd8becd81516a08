"""The set-up of a playbook: settings, live audience, previews on real customers, holdout, and the start."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.mail_frame import mail_frame
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.decide.goals.models import Goal, Measure
from regulars.journeys import actions
from regulars.journeys.advice import outlook
from regulars.journeys.before_start import NotReady
from regulars.journeys.definition import draft
from regulars.journeys.forms import LaunchForm
from regulars.journeys.kinds import step_kinds, trigger_kinds
from regulars.journeys.playbook import MAIL, PLAYBOOKS, Playbook
from regulars.journeys.preview import messages_of, sample_customers, show
from regulars.know.customers.models import Customer

from .asking import agreed_in, shown

LOCALES = (("de", "Deutsch"), ("en", "English"))


def _playbook(key: str) -> Playbook:
    if key not in PLAYBOOKS:
        raise Http404
    return PLAYBOOKS[key]


def _present(shop: Shop, playbook: Playbook) -> int | None:
    """How many a start may take in at once; None where the trigger has no members."""
    trigger, _steps = draft(playbook, playbook.defaults())
    if not trigger_kinds()[trigger.kind].takes_present:
        return None
    return int(actions.audience_customers(shop, playbook, {}, clock.now()).count())


@page("measures/new/<slug:key>/", name="playbook", permission="manage_measures")
def setup(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The form of one playbook with everything a merchant wants to know before the start; POST starts it."""
    playbook = _playbook(key)
    now = clock.now()
    present = _present(shop, playbook)
    form = LaunchForm(shop, playbook, present, request.POST or None)
    asked: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            measure = actions.launch(
                shop,
                playbook.key,
                form.settings(),
                now,
                request.user,  # type: ignore[arg-type]
                holdout_share=form.cleaned_data["holdout_share"],
                take_present=form.cleaned_data.get("take_present", False),
                confirmed=request.POST.get("confirmed", ""),
                agreed=agreed_in(request.POST),
            )
        except NotReady as found:
            asked = shown(shop, found, request.POST)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("“%(name)s” is running.") % {"name": measure.name})
            return redirect("shop:measure", shop.slug, measure.key)
    settings = playbook.defaults()
    trigger, steps = draft(playbook, settings)
    people = sample_customers(shop, playbook, settings, now)
    context: dict[str, Any] = {
        "playbook": playbook,
        "form": form,
        "goal": dict(Goal.Kind.choices).get(playbook.goal, playbook.goal),
        "present": present,
        "is_running": Measure.objects.filter(key=playbook.key.replace("_", "-"), status=Measure.Status.RUNNING).first(),
        "trigger": {
            "icon": trigger_kinds()[trigger.kind].icon,
            "text": trigger_kinds()[trigger.kind].describe(trigger.params, playbook),
        },
        "steps": [
            {
                "icon": step_kinds()[one.kind].icon,
                "title": step_kinds()[one.kind].title,
                "text": step_kinds()[one.kind].describe(one.params, playbook),
            }
            for one in steps
            if one.kind != "exit"
        ],
        "people": people,
        "choices": messages_of(playbook, settings),
        "locales": LOCALES,
        "crumbs": [(_("Measures"), reverse("shop:measures", args=[shop.slug]))],
        **asked,
    }
    return render(request, "journeys/setup.html", context)


@page("measures/new/<slug:key>/outlook/", name="playbook_outlook", permission="manage_measures")
def live_outlook(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The live part: audience, holdout, cost, smallest visible effect for the values in the form now."""
    playbook = _playbook(key)
    form = LaunchForm(shop, playbook, _present(shop, playbook), request.GET or None)
    if not form.is_valid():
        return render(request, "journeys/outlook.html", {"outlook": None})
    found = outlook(shop, playbook, form.settings(), float(form.cleaned_data["holdout_share"]), clock.now())
    context = {"outlook": found, "days": playbook.outcome_days, "shop": shop, "is_mail": playbook.channel == MAIL}
    return render(request, "journeys/outlook.html", context)


@page("measures/new/<slug:key>/preview/", name="playbook_preview", permission="manage_measures")
def preview_frame(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The subject and a frame with the mail, for the chosen message, customer and language."""
    playbook = _playbook(key)
    choice = _choice(request, shop, playbook)
    if choice is None:
        return render(request, "journeys/preview.html", {"seen": None})
    message, locale, customer, settings = choice
    shown_now = show(shop, playbook, settings, message, locale, customer, clock.now())
    address = reverse("shop:playbook_mail", args=[shop.slug, playbook.key])
    return render(
        request,
        "journeys/preview.html",
        {
            "seen": shown_now.seen,
            "made_up": shown_now.made_up,
            "source": f"{address}?{request.GET.urlencode()}",
            "customer": customer,
            "shop": shop,
        },
    )


@page("measures/new/<slug:key>/mail/", name="playbook_mail", permission="manage_measures")
def mail(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The mail alone, for the frame: styles inside it are allowed, scripts and everything from elsewhere are not."""
    playbook = _playbook(key)
    choice = _choice(request, shop, playbook)
    if choice is None:
        raise Http404
    message, locale, customer, settings = choice
    return mail_frame(show(shop, playbook, settings, message, locale, customer, clock.now()).seen.html)


def _choice(request: HttpRequest, shop: Shop, playbook: Playbook) -> tuple[str, str, Customer, dict[str, int]] | None:
    """Message, language, customer and settings named by the request; defaults where the form is not finished."""
    form = LaunchForm(shop, playbook, None, request.GET or None)
    settings = form.settings() if form.is_valid() else playbook.defaults()
    names = [one.name for one in messages_of(playbook, settings)]
    message = request.GET.get("message", "")
    locale = request.GET.get("locale", "")
    people = Customer.objects.filter(merged_into=None, erased_at=None)
    wanted = request.GET.get("customer", "")
    if wanted.isdecimal():
        customer: Customer | None = get_object_or_404(people, pk=int(wanted))
    else:
        customer = next(iter(sample_customers(shop, playbook, settings, clock.now())), None)
    if customer is None or not names:
        return None
    locales = [key for key, _name in LOCALES]
    return (
        message if message in names else names[0],
        locale if locale in locales else locales[0],
        customer,
        settings,
    )
