"""Form of a customer's postal address."""

from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .actions import PostalDraft
from .actions.postal import FIELDS
from .models import PostalAddress


class PostalForm(forms.Form):
    """Where letters reach a customer."""

    recipient = forms.CharField(
        label=_("Company or addition"), max_length=120, required=False, help_text=_("A line above the street.")
    )
    street = forms.CharField(label=_("Street and number"), max_length=160)
    postal_code = forms.CharField(label=_("Postal code"), max_length=16, required=False)
    city = forms.CharField(label=_("City"), max_length=80)
    region = forms.CharField(
        label=_("Region or state"), max_length=80, required=False, help_text=_("Only where the country needs it.")
    )
    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, data: Any, *, row: PostalAddress | None, country: str) -> None:
        said = {name: getattr(row, name) for name in FIELDS} if row is not None else {}
        super().__init__(data, initial=said | {"country": said.get("country") or country})
        names = Locale.parse((get_language() or "en").replace("-", "_")).territories
        known = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
        self.fields["country"].choices = sorted(known, key=lambda one: one[1])  # type: ignore[attr-defined]

    def values(self) -> PostalDraft:
        """What `actions.change_postal` takes."""
        return PostalDraft(**{name: self.cleaned_data[name] for name in FIELDS})
