"""Form of the shop's letter paper."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import LetterPaper
from .sheet import unprintable

FIELDS = ("return_line", "closing", "signer", "footer")


class PaperForm(forms.Form):
    """What stands on each letter beside its text."""

    return_line = forms.CharField(
        label=_("Return line above the address"), max_length=120, required=False,
        help_text=_("In small print in the window. Empty: the first parts of the legal notice."),
    )  # fmt: skip
    closing = forms.CharField(
        label=_("Greeting at the end"), max_length=80, required=False,
        help_text=_("Such as “Kind regards”, with room for a signature by hand. Empty where your texts greet themselves."),
    )  # fmt: skip
    signer = forms.CharField(label=_("Who signs"), max_length=80, required=False)
    footer = forms.CharField(
        label=_("Lines at the foot"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Four lines at most. Empty: the legal notice from the settings of the sender."),
    )  # fmt: skip

    def __init__(self, data: Any, *, paper: LetterPaper) -> None:
        super().__init__(data, initial={name: getattr(paper, name) for name in FIELDS})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name in FIELDS:
            if signs := unprintable(data.get(name) or ""):
                words = _("These signs cannot be printed: %(signs)s") % {"signs": " ".join(signs[:10])}
                self.add_error(name, str(words))
        return data

    def clean_footer(self) -> str:
        lines = [line.strip() for line in str(self.cleaned_data["footer"]).splitlines() if line.strip()]
        if len(lines) > 4:
            raise forms.ValidationError(_("Four lines at most."))
        return "\n".join(lines)

    def values(self) -> dict[str, str]:
        """What `actions.change_paper` takes."""
        return {name: self.cleaned_data[name] for name in FIELDS}
