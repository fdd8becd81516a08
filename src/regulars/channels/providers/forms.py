"""The form of an account with a provider: only what this provider asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import ProviderAccount
from .providers import Provider

KEPT = _("Kept encrypted. Leave empty to keep it as it is.")
UNSIGNED = _("Not needed: the address of the reports is secret. With this key each report is checked besides.")
REGIONS = {"": _("United States (default)"), "eu": _("European Union")}


def _secret(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=500,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class AccountForm(forms.Form):
    """Keys are never shown: an empty one keeps what is there."""

    def __init__(
        self, *arguments: Any, provider: Provider, account: ProviderAccount, is_used: bool, **words: Any
    ) -> None:
        initial = {name: getattr(account, name) for name in provider.asks} | {"is_used": is_used}
        super().__init__(*arguments, **{"initial": initial, **words})
        self.fields["api_key"] = _secret(provider.key_label, KEPT if account.api_key else "")
        if provider.secret_label:
            self.fields["secret_key"] = _secret(provider.secret_label, KEPT if account.secret_key else "")
        if "region" in provider.asks:
            self.fields["region"] = forms.ChoiceField(
                label=_("Region"), required=False, choices=[(key, REGIONS[key]) for key in provider.regions]
            )
        if "domain" in provider.asks:
            self.fields["domain"] = forms.CharField(
                label=_("Sending domain"),
                max_length=253,
                help_text=_("As it is verified there, such as mg.your-shop.com."),
            )
        if "stream" in provider.asks:
            self.fields["stream"] = forms.CharField(
                label=_("Message stream"), max_length=60, required=False, help_text=_("Its ID, such as broadcast.")
            )
        if provider.signing_option:
            self.fields["signing_key"] = _secret(
                _("Key of signed reports"),
                KEPT if account.signing_key else UNSIGNED,
            )
        self.fields["is_used"] = forms.BooleanField(label=_("Mails go out over this provider"), required=False)

    def values(self) -> dict[str, Any]:
        """What `actions.set_up` is given: no key where none was typed."""
        data = dict(self.cleaned_data)
        return {name: value or None if name.endswith("_key") else value for name, value in data.items()}
