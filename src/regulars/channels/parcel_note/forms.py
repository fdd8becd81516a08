"""Form of the shop's notes: money is typed in major units, kept in minor ones."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.money import to_decimal, to_minor

from .models import NotePolicy


class PolicyForm(forms.Form):
    """How many notes, and what a gift costs."""

    notes_per_month = forms.IntegerField(
        label=_("Notes in a month, at most"),
        required=False, min_value=0, max_value=1_000_000,
        help_text=_("Over all measures. Empty: as many as the measures ask for. 0: none."),
    )  # fmt: skip
    gift_cost = forms.DecimalField(
        label=_("What a gift costs you"),
        min_value=Decimal(0), max_value=Decimal(100_000), max_digits=9, localize=True,
        help_text=_("In the shop's currency, for each note with a gift."),
    )  # fmt: skip

    def __init__(self, data: Any, *, shop: Shop, policy: NotePolicy) -> None:
        self.shop = shop
        cost = to_decimal(policy.gift_cost, shop.currency)
        super().__init__(data, initial={"notes_per_month": policy.notes_per_month, "gift_cost": cost})

    def values(self) -> dict[str, Any]:
        """What `actions.change_policy` takes."""
        cost = to_minor(self.cleaned_data["gift_cost"], self.shop.currency)
        return {"notes_per_month": self.cleaned_data["notes_per_month"], "gift_cost": cost}
