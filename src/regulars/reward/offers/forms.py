"""Forms of offers: money is typed in major units, stored in minor ones."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.money import to_decimal, to_minor

from .models import Offer


class OfferForm(forms.Form):
    """What is given and on which conditions; `values()` are the fields of `actions.save_offer`."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For yourself, such as “Thank you, ten percent”.")
    )
    kind = forms.ChoiceField(label=_("What is given"), choices=Offer.Kind.choices)
    percent = forms.IntegerField(label=_("Percent"), min_value=1, max_value=100, required=False)
    amount = forms.DecimalField(
        label=_("Amount"), min_value=Decimal("0.01"), max_digits=12, required=False, localize=True
    )
    gift = forms.CharField(label=_("Gift"), max_length=120, required=False)
    minimum_value = forms.DecimalField(
        label=_("Minimum order value"), min_value=0, max_digits=12, required=False, localize=True
    )
    valid_days = forms.IntegerField(label=_("Valid for how many days"), min_value=1, max_value=730, initial=30)
    max_uses = forms.IntegerField(
        label=_("Uses of one code"), min_value=1, max_value=1_000_000, initial=1, help_text=_("1 for personal codes.")
    )

    def __init__(self, *args: Any, shop: Shop, offer: Offer | None = None, **kwargs: Any) -> None:
        self.shop = shop
        if offer is not None:
            kwargs["initial"] = {
                name: getattr(offer, name) for name in ("name", "kind", "percent", "gift", "valid_days", "max_uses")
            } | {
                "amount": None if offer.amount is None else to_decimal(offer.amount, shop.currency),
                "minimum_value": to_decimal(offer.minimum_value, shop.currency),
            }
        super().__init__(*args, **kwargs)
        for name in ("amount", "minimum_value"):
            self.fields[name].label = f"{self.fields[name].label} ({shop.currency})"

    def clean(self) -> dict[str, Any]:
        """The kind says which of the other fields is needed."""
        data: dict[str, Any] = super().clean() or {}
        needed = {Offer.Kind.PERCENT: "percent", Offer.Kind.AMOUNT: "amount", Offer.Kind.GIFT: "gift"}
        field = needed.get(data.get("kind"))  # type: ignore[arg-type]
        if field and not data.get(field) and field not in self.errors:
            self.add_error(field, _("This is needed for this kind of offer."))
        for name in ("amount", "minimum_value"):
            if data.get(name) is not None:
                try:
                    data[name] = to_minor(data[name], self.shop.currency)
                except Refused as error:
                    self.add_error(name, str(error))
        return data

    def values(self) -> dict[str, Any]:
        """The fields for the action; what does not belong to the kind is left empty."""
        data = dict(self.cleaned_data)
        kind = data["kind"]
        return data | {
            "percent": data["percent"] if kind == Offer.Kind.PERCENT else None,
            "amount": data["amount"] if kind == Offer.Kind.AMOUNT else None,
            "gift": data["gift"] if kind == Offer.Kind.GIFT else "",
            "minimum_value": data["minimum_value"] or 0,
        }

    def new_key(self) -> str:
        """A key from the name that no other offer of the shop has."""
        stem = slugify(self.cleaned_data["name"])[:50] or "offer"
        taken = set(Offer._base_manager.filter(shop=self.shop, key__startswith=stem).values_list("key", flat=True))
        return next(key for key in [stem, *(f"{stem}-{n}" for n in range(2, 10_000))] if key not in taken)


class CodeForm(forms.Form):
    """One code for everybody, such as a code in a parcel or on a poster."""

    code = forms.CharField(
        label=_("Code"), min_length=4, max_length=40, required=False, help_text=_("Left empty, a random one is drawn.")
    )
    max_uses = forms.IntegerField(label=_("How often it can be used"), min_value=1, max_value=1_000_000, initial=1)
