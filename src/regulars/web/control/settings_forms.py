"""Forms of the settings: shares are typed in per cent, opening hours a day a line."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.roles import Role
from regulars.web.api.auth import SCOPES

HUNDRED = Decimal(100)
DAYS = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
SHARES = ("global_holdout_share", "cost_rate", "tax_rate")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A part of the shop's settings. `values()` are the fields of `change_shop`; the form itself saves nothing."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        for name in SHARES:
            if name in self.fields:
                field = self.fields[name]
                self.initial[name] = f"{(Decimal(str(self.initial[name])) * HUNDRED).normalize():f}"
                highest = {"global_holdout_share": 50, "cost_rate": 100, "tax_rate": 100}[name]
                self.fields[name] = forms.DecimalField(
                    label=f"{field.label} (%)", min_value=0, max_value=highest, max_digits=4, decimal_places=1
                )

    def _post_clean(self) -> None:
        """The model is checked by the action, on the values as it stores them."""

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        return data | {name: data[name] / HUNDRED for name in SHARES if name in data}


def zones() -> list[tuple[str, str]]:
    """The time zones of places, by name."""
    names = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [(name, name) for name in names]


class GeneralForm(SettingsForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    timezone = forms.ChoiceField(label=_("Time zone"))

    class Meta:
        model = Shop
        fields = ("name", "website", "locale", "country", "timezone", "currency", "checkout_left_minutes")

    def __init__(self, *arguments: Any, is_currency_free: bool = True, **words: Any) -> None:
        super().__init__(*arguments, **words)
        self.fields["timezone"].choices = zones()  # type: ignore[attr-defined]
        if not is_currency_free:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = _("Fixed: there are orders in this currency.")


class SenderForm(SettingsForm):
    class Meta:
        model = Shop
        fields = ("sender_name", "sender_email", "reply_to", "legal_footer")


class PolicyForm(SettingsForm):
    class Meta:
        model = Shop
        fields = (
            "quiet_from", "quiet_until", "contacts_per_week", "contacts_per_month", "existing_customers_since",
            "global_holdout_share",
        )  # fmt: skip
        widgets = {
            "quiet_from": CLOCK,
            "quiet_until": CLOCK,
            "existing_customers_since": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }


class MoneyForm(SettingsForm):
    class Meta:
        model = Shop
        fields = ("cost_rate", "tax_rate", "message_cost_minor")


class HoursForm(forms.Form):
    """Opening hours: from and until for each day; a day without is closed."""

    def __init__(self, *arguments: Any, shop: Shop, **words: Any) -> None:
        super().__init__(*arguments, **words)
        for key, title in DAYS.items():
            spans = shop.opening_hours.get(key) or [["", ""]]
            for part, text, value in (("from", _("from"), spans[0][0]), ("until", _("until"), spans[0][1])):
                self.fields[f"{key}_{part}"] = forms.TimeField(
                    label=f"{title} {text}", required=False, widget=CLOCK, initial=value or None
                )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for key in DAYS:
            start, end = data.get(f"{key}_from"), data.get(f"{key}_until")
            if (start is None) != (end is None) or (start and end and start >= end):
                self.add_error(f"{key}_until", _("A day needs both times, the later one second."))
        return data

    def values(self) -> dict[str, Any]:
        hours = {}
        for key in DAYS:
            start, end = self.cleaned_data.get(f"{key}_from"), self.cleaned_data.get(f"{key}_until")
            if isinstance(start, time) and isinstance(end, time):
                hours[key] = [[start.strftime("%H:%M"), end.strftime("%H:%M")]]
        return {"opening_hours": hours}

    def rows(self) -> list[dict[str, Any]]:
        """The fields, a day a row."""
        return [
            {"title": title, "from": self[f"{key}_from"], "until": self[f"{key}_until"]} for key, title in DAYS.items()
        ]


class StaffForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.SERVICE)


SCOPE_WORDS: Mapping[str, Any] = {
    "vouchers:read": _("look a voucher up"),
    "vouchers:redeem": _("redeem a voucher"),
    "customers:write": _("send customers"),
    "orders:write": _("send orders"),
    "shipments:write": _("send shipments"),
    "returns:write": _("send returns and refunds"),
    "products:write": _("send products, prices and stock"),
    "checkouts:write": _("send checkouts"),
    "events:write": _("send events"),
}


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Where it is used, such as: till in the shop."))
    scopes = forms.MultipleChoiceField(label=_("It may"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        self.fields["scopes"].choices = [(key, SCOPE_WORDS.get(key, text)) for key, text in SCOPES.items()]  # type: ignore[attr-defined]
