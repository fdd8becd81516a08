"""Settings of a shop: general, sender, contact policy, costs, opening hours, staff and roles, keys for programs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import actions, clock
from regulars.core.errors import Refused
from regulars.core.models import ApiKey, Membership, Shop, Staff
from regulars.core.pages import SETTINGS_TABS, Nav, page
from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS, Role
from regulars.know.orders.models import Order
from regulars.web.control.settings_forms import (
    GeneralForm,
    HoursForm,
    KeyForm,
    MoneyForm,
    PolicyForm,
    SenderForm,
    StaffForm,
)

PARTS: dict[str, tuple[Any, Any, Any]] = {
    "general": (gettext_lazy("General"), GeneralForm, gettext_lazy("Name, languages, zone and currency of the shop.")),
    "sender": (gettext_lazy("Sender"), SenderForm, gettext_lazy("Who writes, and the legal notice under each mail.")),
    "policy": (
        gettext_lazy("Contact policy"),
        PolicyForm,
        gettext_lazy("How often and when a customer may be contacted, over all channels and measures together."),
    ),
    "costs": (
        gettext_lazy("Costs"),
        MoneyForm,
        gettext_lazy("What margin and return on investment are computed with."),
    ),
    "hours": (
        gettext_lazy("Opening hours"),
        HoursForm,
        gettext_lazy("When somebody answers. Promises count in these."),
    ),
}


def tabs_of(shop: Shop, current: str) -> list[dict[str, Any]]:
    """The tabs of all settings, those of other modules last. current: key of a part, or name of a page."""
    parts = [(key, title, reverse("shop:settings", args=[shop.slug])) for key, (title, _f, _l) in PARTS.items()]
    tabs = [
        {"title": title, "href": href if key == "general" else f"{href}{key}/", "current": key == current}
        for key, title, href in parts
    ]
    for key, title in (("staff", _("Staff")), ("keys", _("API keys"))):
        tabs.append(
            {"title": title, "href": reverse(f"shop:settings-{key}", args=[shop.slug]), "current": key == current}
        )
    return tabs + [
        {"title": tab.title, "href": reverse(f"shop:{tab.page}", args=[shop.slug]), "current": tab.page == current}
        for tab in sorted(SETTINGS_TABS.values(), key=lambda tab: (tab.order, tab.page))
    ]


@page(
    "settings/",
    name="settings",
    permission="manage_settings",
    nav=Nav("shop", gettext_lazy("Settings"), "settings", order=90),
)
def general(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Name, languages, zone, currency."""
    return _part(request, shop, "general")


def _part(request: HttpRequest, shop: Shop, part: str) -> HttpResponse:
    """One form of settings: shown, or checked and saved by one action."""
    _title, form_class, lead = PARTS[part]
    is_free = not Order.objects.exists()
    words: dict[str, Any] = {"shop": shop} if part == "hours" else {"instance": shop}
    if part == "general":
        words["is_currency_free"] = is_free
    form = form_class(request.POST or None, **words)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_shop(
                shop,
                now=clock.now(),
                staff=request.user,  # type: ignore[arg-type]
                is_currency_free=is_free,
                **form.values(),
            )
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request.path)
    context = {"form": form, "part": part, "lead": lead, "tabs": tabs_of(shop, part)}
    return render(request, "control/settings.html", context, status=422 if form.errors else 200)


@page("settings/staff/", name="settings-staff", permission="manage_settings")
def staff(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Who works here, in which role; adds a person, who then logs in by a mailed code."""
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if Membership.objects.filter(shop=shop, staff__email=data["email"].lower()).exists():
            form.add_error("email", _("This person works here already."))
        else:
            actions.create_staff(
                data["email"],
                now=clock.now(),
                shop=shop,
                role=data["role"],
                by=request.user,  # type: ignore[arg-type]
                **({"name": data["name"]} if data["name"] else {}),
            )
            messages.success(request, _("The person is added and can log in with a code by e-mail."))
            return redirect(request.path)
    context = {
        "form": form,
        "rows": Membership.objects.filter(shop=shop).select_related("staff").order_by("staff__email"),
        "roles": Role.choices,
        "rights": [
            {"title": title, "roles": [key in ROLE_PERMISSIONS[role] for role in Role.values]}
            for key, title in PERMISSIONS.items()
        ],
        "tabs": tabs_of(shop, "staff"),
    }
    return render(request, "control/settings_staff.html", context, status=422 if form.errors else 200)


@page("settings/staff/<int:pk>/", name="settings-staff-change", permission="manage_settings")
@require_POST
def change_staff(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Another role for a person, or none."""
    person = get_object_or_404(Staff, pk=pk, memberships__shop=shop)
    now, by = clock.now(), request.user
    try:
        if request.POST.get("remove"):
            actions.remove_staff(shop, person, now=now, by=by)  # type: ignore[arg-type]
            messages.success(request, _("The person does not work here any more."))
        else:
            actions.change_role(shop, person, request.POST.get("role", ""), now=now, by=by)  # type: ignore[arg-type]
            messages.success(request, _("The role is changed."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect(reverse("shop:settings-staff", args=[shop.slug]))


@page("settings/keys/", name="settings-keys", permission="manage_settings")
def keys(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Keys for programs. A new key is shown once, in the answer to the form, and kept nowhere."""
    form, text = KeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _key, text = actions.create_api_key(
            shop,
            form.cleaned_data["name"],
            form.cleaned_data["scopes"],
            now=clock.now(),
            staff=request.user,  # type: ignore[arg-type]
        )
        form = KeyForm()
    context = {
        "form": form,
        "text": text,
        "rows": ApiKey.objects.select_related("created_by").order_by("revoked_at", "-created_at"),
        "tabs": tabs_of(shop, "keys"),
    }
    answer = render(request, "control/settings_keys.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("settings/keys/<int:pk>/revoke/", name="settings-key-revoke", permission="manage_settings")
@require_POST
def revoke(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Ends a key at once."""
    actions.revoke_api_key(get_object_or_404(ApiKey.objects, pk=pk), now=clock.now(), staff=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The key is revoked: programs that use it are refused from now on."))
    return redirect(reverse("shop:settings-keys", args=[shop.slug]))


@page("settings/<slug:part>/", name="settings-part", permission="manage_settings")
def part(request: HttpRequest, shop: Shop, part: str) -> HttpResponse:
    """The other forms of settings."""
    if part not in PARTS or part == "general":
        return redirect(reverse("shop:settings", args=[shop.slug]))
    return _part(request, shop, part)
