"""The form of a post."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .networks import NETWORKS


class DraftForm(forms.Form):
    """Network, text, day."""

    network = forms.ChoiceField(label=_("Network"))
    text = forms.CharField(label=_("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}))
    planned_for = forms.DateField(
        label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        room = _("%(network)s, up to %(most)s characters")
        choices = [(one.key, room % {"network": one.title, "most": one.most}) for one in NETWORKS.values()]
        self.fields["network"].choices = choices  # type: ignore[attr-defined]
