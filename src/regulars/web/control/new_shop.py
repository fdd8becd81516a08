"""The page that makes a shop: for the person who set up the installation."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from regulars.core import clock
from regulars.core.actions import create_shop
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.web.control.settings_forms import zones

CURRENCIES = ("EUR", "CHF", "GBP", "USD", "SEK", "DKK", "NOK", "PLN", "CZK", "HUF", "RON", "BGN", "CAD", "AUD", "JPY")

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class ShopForm(forms.Form):
    """What a shop cannot do without; the rest is in its settings."""

    name = forms.CharField(label=_("Name"), max_length=120)
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=[(code, code) for code in CURRENCIES],
        help_text=_("Fixed from the first order on."),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), initial="Europe/Berlin")
    locale = forms.ChoiceField(label=_("Language of the shop"), choices=Shop._meta.get_field("locale").choices or ())

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        self.fields["timezone"].choices = zones()  # type: ignore[attr-defined]
        self.initial.setdefault("locale", (get_language() or "de")[:2])


@login_required
def new_shop(request: HttpRequest) -> HttpResponse:
    """Makes a shop and leads to its first page. Only for superusers: they work for every shop."""
    if not request.user.is_superuser:
        raise PermissionDenied
    form = ShopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        slug = slugify(form.cleaned_data["name"].lower().translate(UMLAUTS))[:40].strip("-") or "shop"
        try:
            shop = create_shop(slug, now=clock.now(), staff=request.user, **form.cleaned_data)
        except Refused:
            form.add_error("name", gettext("There is a shop of this name already."))
        else:
            messages.success(request, gettext("“%(name)s” is ready. Import its orders next.") % {"name": shop.name})
            return redirect("enter_shop", shop.slug)
    return render(request, "control/new_shop.html", {"form": form})
