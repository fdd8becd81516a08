"""What staff see and do of the contact policy: two panels on the customer's page and their buttons."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.actions import audit
from regulars.core.models import Shop
from regulars.core.pages import Nav, page, panel
from regulars.decide.experiments.models import Assignment
from regulars.know.customers.models import Customer

from . import actions
from .forms import ConsentForm, TopicForm
from .models import Consent, ContactFreeze, ContactWish, Decision, Objection, Suppression, Topic, TopicChoice
from .words import shown, suppression_words

NEWEST = 12
SUPPRESSIONS = 100


@panel(
    "customer",
    key="decisions",
    title=gettext_lazy("Why did this customer get this, or not?"),
    permission="view_customers",
    order=60,
)
def decisions(request: HttpRequest, shop: Shop, customer: Any) -> tuple[str, dict[str, Any]]:
    """The newest decisions in words, and the holdouts the customer is in."""
    rows = Decision.objects.filter(customer=customer).select_related("measure").order_by("-at", "-pk")[:NEWEST]
    arms = Assignment.objects.filter(customer=customer).select_related("measure").order_by("-assigned_at")
    return "contact_policy/decisions.html", {"decisions": [shown(row) for row in rows], "arms": list(arms)}


@panel(
    "customer", key="consents", title=gettext_lazy("Permissions"), permission="view_customers", order=30, place="side"
)
def consents(request: HttpRequest, shop: Shop, customer: Any) -> tuple[str, dict[str, Any]]:
    """What we may, with the evidence; an objection; what pauses advertising. With buttons for who may edit."""
    now = clock.now()
    freezes = ContactFreeze.objects.filter(customer=customer).order_by("-since")
    context = {
        "customer": customer,
        "consents": list(Consent.objects.filter(customer=customer).order_by("channel", "purpose", "-given_at", "-pk")),
        "objection": Objection.objects.filter(customer=customer).first(),
        "freezes": [row for row in freezes if row.until is None or row.until > now],
        "may_edit": "edit_customers" in request.permissions and customer.erased_at is None,  # type: ignore[attr-defined]
        "form": ConsentForm(prefix="consent"),
        "wish": ContactWish.objects.filter(customer=customer).first(),
        "unwanted": list(TopicChoice.objects.filter(customer=customer, is_wanted=False).select_related("topic")),
    }
    return "contact_policy/consents.html", context


def _customer(pk: int) -> Customer:
    found: Customer = get_object_or_404(Customer.objects, pk=pk, erased_at=None)
    return found


def _back(request: HttpRequest, shop: Shop, customer: Customer) -> HttpResponse:
    return redirect(reverse("shop:customer", args=[shop.slug, customer.pk]) + "#panel-consents")


@page("customers/<int:pk>/withdraw/", name="consent-withdraw", permission="edit_customers")
@require_POST
def withdraw(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Withdraws one consent, because the customer told us."""
    customer = _customer(pk)
    consent = Consent.objects.filter(customer=customer, pk=request.POST.get("consent") or 0).first()
    if consent is None:
        raise Http404
    now = clock.now()
    actions.withdraw_consent(shop, [customer.pk], consent.channel, consent.purpose, now, source="staff")
    audit("consent.withdrawn", now=now, shop=shop, staff=request.user, target=consent)  # type: ignore[arg-type]
    messages.success(request, _("The consent is withdrawn. Nothing more is sent on its ground."))
    return _back(request, shop, customer)


@page("customers/<int:pk>/object/", name="objection-make", permission="edit_customers")
@require_POST
def object_to(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Notes an objection to all advertising, or takes it back."""
    customer, now = _customer(pk), clock.now()
    if request.POST.get("lift"):
        actions.lift_objection(shop, customer.pk, now, source="staff", staff=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The objection is taken back. Consents count again."))
    else:
        actions.object_to_advertising(shop, [customer.pk], now, source="staff")
        audit("objection.made", now=now, shop=shop, staff=request.user, target=customer)  # type: ignore[arg-type]
        messages.success(request, _("The objection is noted. The customer gets no more advertising, on any channel."))
    return _back(request, shop, customer)


@page("customers/<int:pk>/consent/", name="consent-grant", permission="edit_customers")
@require_POST
def grant(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Notes a consent with its proof."""
    customer, now = _customer(pk), clock.now()
    form = ConsentForm(request.POST, prefix="consent")
    if not form.is_valid():
        messages.error(request, _("A consent needs a channel, a purpose, its words and a proof."))
        return _back(request, shop, customer)
    made = actions.grant_consent(shop, customer.pk, now=now, source="staff", **form.values())
    if made is None:
        messages.info(request, _("This consent is there already."))
    else:
        audit("consent.granted", now=now, shop=shop, staff=request.user, target=made)  # type: ignore[arg-type]
        messages.success(request, _("The consent is noted."))
    return _back(request, shop, customer)


@page("topics/", name="topics", permission="manage_measures")
def topics(request: HttpRequest, shop: Shop) -> HttpResponse:
    """What the shop writes about, with how many do not want it; adding and changing."""
    key = request.GET.get("topic", "")
    chosen = Topic.objects.filter(shop=shop, key=key).first() if key else None
    form = TopicForm(request.POST or None, topic=chosen)
    if request.method == "POST" and form.is_valid():
        taken = chosen is None and Topic.objects.filter(shop=shop, key=form.cleaned_data["key"]).exists()
        if taken:
            form.add_error("key", _("There is a topic with this short name."))
        else:
            actions.save_topic(shop, now=clock.now(), staff=request.user, **form.values())  # type: ignore[arg-type]
            messages.success(request, _("The topic is saved."))
            return redirect("shop:topics", shop.slug)
    unwanted = dict(
        TopicChoice.objects.filter(topic__shop=shop, is_wanted=False).values_list("topic").annotate(Count("pk"))
    )
    rows = [(one, unwanted.get(one.pk, 0)) for one in Topic.objects.filter(shop=shop)]
    return render(request, "contact_policy/topics.html", {"rows": rows, "form": form, "chosen": chosen})


@page(
    "suppressions/",
    name="suppressions",
    permission="edit_customers",
    nav=Nav("customers", gettext_lazy("Dead addresses"), "mail-x", order=45),
)
def suppressions(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Addresses never written to, with their reasons; newest first, found by their beginning."""
    found = request.GET.get("q", "").strip().lower()[:254]
    rows = Suppression.objects.filter(shop=shop)
    if found:
        rows = rows.filter(key__startswith=found)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    newest = list(rows.order_by("-pk")[: SUPPRESSIONS + 1])
    context = {
        "rows": [(row, suppression_words(row.reason)) for row in newest[:SUPPRESSIONS]],
        "more": newest[SUPPRESSIONS - 1].pk if len(newest) > SUPPRESSIONS else None,
        "query": found,
    }
    return render(request, "contact_policy/suppressions.html", context)


@page("suppressions/lift/", name="suppression-lift", permission="edit_customers")
@require_POST
def suppression_lift(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Allows an address again: somebody made sure that it works and is wanted."""
    row = Suppression.objects.filter(shop=shop, pk=request.POST.get("row") or 0).first()
    if row is None:
        raise Http404
    actions.lift_suppression(shop, row.kind, row.key, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("%(address)s may be written to again.") % {"address": row.key})
    return redirect("shop:suppressions", shop.slug)
