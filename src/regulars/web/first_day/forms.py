"""Forms of the guide: the privilege of § 7 (3) UWG with all four conditions, each confirmed; who writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.web.control.settings_forms import SenderForm

CONDITIONS: dict[str, Any] = {
    "from_order": _("We got the address from the customer when they ordered."),
    "own_similar": _("We advertise only goods of our own that are like those they bought."),
    "no_objection": _("Whoever objected gets nothing more; Regulars watches over that."),
    "was_told": _(
        "When the address is asked for, and in each mail, we say clearly that they may object at any time, at no other cost "
        "than that of sending the objection."
    ),
}


class PrivilegeForm(forms.Form):
    """The law asks for all four at once; one that is missing permits nothing."""

    since = forms.DateField(
        label=_("Orders count since"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("The day since when your order form says so. Older orders permit nothing."),
    )

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        for key, text in CONDITIONS.items():
            self.fields[key] = forms.BooleanField(label=text)


class WriterForm(SenderForm):
    """The sender's settings; here what no mail of advertising can go out without is asked for."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        for name in ("sender_email", "legal_footer"):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = _("No advertising may go out without it.")
