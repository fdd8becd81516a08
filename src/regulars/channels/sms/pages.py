"""SMS among the settings: the providers, an account with its key, where the provider reports."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, settings_tab

from . import actions
from .forms import AccountForm
from .models import SmsAccount
from .providers import PROVIDERS, Provider

settings_tab("settings-sms", title=gettext_lazy("SMS"), order=17)


@page("settings/sms/", name="settings-sms", permission="manage_settings")
def providers(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All providers; which of them SMS go out over, in their order."""
    accounts = {one.provider: one for one in SmsAccount.objects.filter(shop=shop)}
    rows = [(one, accounts.get(one.key)) for one in PROVIDERS.values()]
    rows.sort(key=lambda row: (row[1] is None or not row[1].is_used, row[1].order if row[1] else 99))
    is_any = any(one.is_used for one in accounts.values())
    return render(request, "sms/providers.html", {"rows": rows, "is_any": is_any})


@page("settings/sms/<slug:key>/", name="settings-sms-account", permission="manage_settings")
def account(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The account with one provider. Its key is typed in and never shown; the address of the reports is."""
    provider = _provider(key)
    there = actions.account_of(shop, key)
    fresh = SmsAccount(provider=key, order=SmsAccount.objects.filter(shop=shop).count() + 1)
    form = AccountForm(request.POST or None, provider=provider, account=there or fresh)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_up(shop, provider, clock.now(), request.user, **form.values())  # type: ignore[arg-type]
        except Refused as error:
            name = error.code if error.code in form.fields else None
            form.add_error(name, str(error))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request.path)
    context = {"provider": provider, "account": there, "form": form, "address": _address(there)}
    answer = render(request, "sms/account.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("settings/sms/<slug:key>/address/", name="settings-sms-address", permission="manage_settings")
@require_POST
def renew(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """A new address for the reports; the former one is dead at once."""
    actions.renew_address(shop, _provider(key), clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(
        request, _("The address is new: enter it at the provider. Reports to the former one are no longer taken.")
    )
    return redirect("shop:settings-sms-account", shop.slug, key)


def _provider(key: str) -> Provider:
    if key not in PROVIDERS:
        raise Http404
    return PROVIDERS[key]


def _address(there: SmsAccount | None) -> str:
    try:
        return actions.address_of(there) if there is not None else ""
    except Refused:
        return ""
