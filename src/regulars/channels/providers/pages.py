"""Providers among the settings: which way mails go out, an account with its keys, where the provider reports."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, settings_tab
from regulars.core.sealing import unseal
from regulars.reach.messaging.actions import rules_of

from . import actions
from .forms import AccountForm
from .models import ProviderAccount
from .providers import PROVIDERS, Provider

settings_tab("settings-provider", title=gettext_lazy("Provider"), order=15)


@page("settings/provider/", name="settings-provider", permission="manage_settings")
def providers(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The installation's server and all providers; which one mails go out over."""
    accounts = {one.provider: one for one in ProviderAccount.objects.filter(shop=shop)}
    way = rules_of(shop).way
    rows = [(one, accounts.get(one.key), one.key == way) for one in PROVIDERS.values()]
    return render(request, "providers/providers.html", {"rows": rows, "way": way})


@page("settings/provider/server/", name="settings-provider-server", permission="manage_settings")
@require_POST
def own_server(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Mails go out over the installation's mail server again."""
    actions.use_own_server(shop, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("Mails go out over the mail server of the installation."))
    return redirect("shop:settings-provider", shop.slug)


@page("settings/provider/<slug:key>/", name="settings-provider-account", permission="manage_settings")
def account(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The account with one provider. Its keys are typed in and never shown; the address of the reports is."""
    provider = _provider(key)
    there = actions.account_of(shop, key)
    is_used = rules_of(shop).way == key
    form = AccountForm(
        request.POST or None, provider=provider, account=there or ProviderAccount(provider=key), is_used=is_used
    )
    if request.method == "POST" and form.is_valid():
        values = form.values()
        try:
            if is_used and not values["is_used"]:
                actions.use_own_server(shop, clock.now(), request.user)  # type: ignore[arg-type]
            actions.set_up(shop, provider, clock.now(), request.user, **values)  # type: ignore[arg-type]
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request.path)
    context = {
        "provider": provider,
        "account": there,
        "form": form,
        "is_used": is_used,
        "address": _address(shop, there),
    }
    answer = render(request, "providers/account.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("settings/provider/<slug:key>/address/", name="settings-provider-address", permission="manage_settings")
@require_POST
def renew(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """A new address for the reports; the former one is dead at once."""
    actions.renew_address(shop, _provider(key), clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(
        request, _("The address is new: enter it at the provider. Reports to the former one are no longer taken.")
    )
    return redirect("shop:settings-provider-account", shop.slug, key)


def _provider(key: str) -> Provider:
    if key not in PROVIDERS:
        raise Http404
    return PROVIDERS[key]


def _address(shop: Shop, there: ProviderAccount | None) -> str:
    if there is None:
        return ""
    try:
        secret = unseal(there.hook_secret)
    except Refused:
        return ""
    return settings.REGULARS_BASE_URL + reverse("hook-mail", args=[there.provider, shop.slug, secret])
