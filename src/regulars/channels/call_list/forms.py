"""The form that says what came of a call."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .actions import LONGEST_NOTE, NOT_REACHED, OUTCOMES


class OutcomeForm(forms.Form):
    """again_at: on the shop's clock; empty means that nobody tries again."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What came of it"), choices=list(OUTCOMES.items()), widget=forms.RadioSelect
    )
    again_at = forms.DateTimeField(
        label=gettext_lazy("If not reached: call again on"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, zone: str, latest: datetime, **words: Any) -> None:
        self.zone = ZoneInfo(zone)
        super().__init__(*arguments, **words)
        self.fields["again_at"].help_text = _("Until %(latest)s at the latest; empty: nobody tries again.") % {
            "latest": f"{latest.astimezone(self.zone):%d.%m.%Y %H:%M}"
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        at = data.get("again_at")
        if at is not None:
            # A browser sends the time of the wall clock; whatever zone Django gave it, it is the shop's.
            data["again_at"] = at.replace(tzinfo=self.zone) if data.get("outcome") == NOT_REACHED else None
        return data
