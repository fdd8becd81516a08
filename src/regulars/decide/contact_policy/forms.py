"""Forms of the contact policy."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Channel, Purpose


class ConsentForm(forms.Form):
    """Notes a consent that a customer gave to a person: on the phone, in the shop, on paper."""

    channel = forms.ChoiceField(label=_("Channel"), choices=[(one.value, one.label) for one in Channel][:4])
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=[(one.value, one.label) for one in Purpose if one != "service"]
    )
    wording = forms.CharField(
        label=_("Words of the consent"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000
    )
    proof = forms.CharField(
        label=_("Proof"),
        max_length=200,
        help_text=_("Where the proof is kept, such as: form 17 in the folder of 2026."),
    )

    def values(self) -> dict[str, Any]:
        """What `actions.grant_consent` is given."""
        data = self.cleaned_data
        return {
            "channel": data["channel"],
            "purpose": data["purpose"],
            "wording": data["wording"],
            "evidence": {"proof": data["proof"]},
        }
