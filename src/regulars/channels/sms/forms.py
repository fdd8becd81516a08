"""The form of an account with an SMS provider: only what this provider asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import SmsAccount
from .providers import OPEN_FIELDS, Provider

KEPT = _("Kept encrypted. Leave empty to keep it as it is.")
NAMES = {
    "to": _("Field of the number"),
    "text": _("Field of the text"),
    "sender": _("Field of the sender"),
    "reference": _("Field of our reference"),
    "callback": _("Field of the address for reports"),
}


class AccountForm(forms.Form):
    """The key is never shown: an empty one keeps what is there."""

    def __init__(self, *arguments: Any, provider: Provider, account: SmsAccount, **words: Any) -> None:
        self.provider = provider
        names = {**provider.fields, **account.fields}
        initial = {name: getattr(account, name) for name in ("url", "user", "sender", "per_second", "order", "is_used")}
        super().__init__(*arguments, **{"initial": initial, **words})
        if provider.is_open:
            self.fields["url"] = forms.CharField(
                label=_("Address to which messages are posted"), max_length=300, required=False,
                widget=forms.URLInput(attrs={"placeholder": "https://"}),
            )  # fmt: skip
        if provider.user_label:
            self.fields["user"] = forms.CharField(label=provider.user_label, max_length=120, required=False)
        self.fields["secret"] = forms.CharField(
            label=provider.secret_label, required=False, strip=False, max_length=500,
            help_text=KEPT if account.secret else "",
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )  # fmt: skip
        self.fields["sender"] = forms.CharField(
            label=provider.sender_label, max_length=20, required=False,
            help_text=_("A number, or a name of up to 11 letters. Who gets a name cannot answer."),
        )  # fmt: skip
        if provider.is_open:
            for name in OPEN_FIELDS:
                self.fields[f"field_{name}"] = forms.CharField(
                    label=NAMES[name], max_length=40, required=name in ("to", "text"), initial=names.get(name, "")
                )
        self.fields["per_second"] = forms.IntegerField(
            label=_("Messages a second, at most"), min_value=1, max_value=1000
        )
        self.fields["order"] = forms.IntegerField(
            label=_("Order of use"), min_value=1, max_value=9,
            help_text=_("1 sends; the next one does where the one before certainly could not."),
        )  # fmt: skip
        self.fields["is_used"] = forms.BooleanField(label=_("SMS go out over this provider"), required=False)

    def values(self) -> dict[str, Any]:
        """What `actions.set_up` is given: no secret where none was typed."""
        data = dict(self.cleaned_data)
        found = {name: value for name, value in data.items() if not name.startswith("field_")}
        found["secret"] = found.get("secret") or None
        if self.provider.is_open:
            found["fields"] = {name: data[f"field_{name}"] for name in OPEN_FIELDS if data.get(f"field_{name}")}
        return found
