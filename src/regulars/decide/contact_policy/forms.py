"""Forms of the contact policy."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Channel, Purpose, Topic


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


class TopicForm(forms.Form):
    """A topic in German and English; one of the names is enough."""

    key = forms.SlugField(label=_("Short name"), max_length=40, help_text=_("Measures name the topic by it."))
    name_de = forms.CharField(label=_("Name in German"), max_length=60, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    description_de = forms.CharField(label=_("Description in German"), max_length=200, required=False)
    description_en = forms.CharField(label=_("Description in English"), max_length=200, required=False)
    is_active = forms.BooleanField(label=_("Customers can choose it"), required=False, initial=True)

    def __init__(self, *args: Any, topic: Topic | None, **kwargs: Any) -> None:
        if topic is not None:
            initial = {"key": topic.key, "is_active": topic.is_active}
            for locale in ("de", "en"):
                initial[f"name_{locale}"] = topic.names.get(locale, "")
                initial[f"description_{locale}"] = topic.descriptions.get(locale, "")
            kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.fields["key"].disabled = topic is not None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("name_de") and not data.get("name_en"):
            self.add_error("name_de", _("A topic needs a name."))
        return data

    def values(self) -> dict[str, Any]:
        """What `actions.save_topic` is given."""
        data = self.cleaned_data
        return {
            "key": data["key"],
            "names": {"de": data["name_de"], "en": data["name_en"]},
            "descriptions": {"de": data["description_de"], "en": data["description_en"]},
            "is_active": data["is_active"],
        }
