"""Forms of messaging: the rules of sending."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import SendingRules

HUNDRED = Decimal(100)


class RulesForm(forms.Form):
    """Shares are typed in per cent, other limits a line each: a domain and a number."""

    return_path = forms.EmailField(
        label=gettext_lazy("Returned mails go to"),
        required=False,
        help_text=gettext_lazy(
            "Such as bounces@your-shop.com, read by the mailbox. It must also take bounces+anything@… (plus addresses). "
            "Empty: mails come back to the sender's address."
        ),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Mails a minute to one domain, at most"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=gettext_lazy("Empty: as fast as the mail server takes them."),
    )
    per_domain = forms.CharField(
        label=gettext_lazy("Other limits for single domains"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("A domain and its mails a minute, one a line, such as: t-online.de 60"),
    )
    pause_bounces = forms.DecimalField(
        label=gettext_lazy("A measure pauses itself when more than this share comes back (%)"),
        min_value=Decimal("0.1"), max_value=100, max_digits=5, decimal_places=2,
    )  # fmt: skip
    pause_complaints = forms.DecimalField(
        label=gettext_lazy("… or more than this share complains (%)"),
        min_value=Decimal("0.01"), max_value=100, max_digits=5, decimal_places=2,
    )  # fmt: skip
    pause_window = forms.IntegerField(
        label=gettext_lazy("Newest mails that are looked at"), min_value=50, max_value=100_000
    )
    pause_minimum = forms.IntegerField(
        label=gettext_lazy("Mails before it is judged at all"), min_value=1, max_value=10_000
    )

    def __init__(self, *arguments: Any, rules: SendingRules, **words: Any) -> None:
        lines = "\n".join(f"{domain} {number}" for domain, number in sorted(rules.per_domain.items()))
        initial = {
            name: getattr(rules, name) for name in ("return_path", "per_minute", "pause_window", "pause_minimum")
        } | {
            "per_domain": lines,
            "pause_bounces": f"{(Decimal(str(rules.pause_bounces)) * HUNDRED).normalize():f}",
            "pause_complaints": f"{(Decimal(str(rules.pause_complaints)) * HUNDRED).normalize():f}",
        }
        super().__init__(*arguments, **{"initial": initial, **words})

    def clean_per_domain(self) -> dict[str, int]:
        limits: dict[str, int] = {}
        for line in self.cleaned_data["per_domain"].splitlines():
            words = line.replace(":", " ").replace("=", " ").split()
            if not words:
                continue
            if len(words) != 2 or not words[1].isdecimal() or int(words[1]) < 1 or "@" in words[0]:
                raise forms.ValidationError(_("“%(line)s” is not a domain with a number above 0.") % {"line": line})
            limits[words[0].lower()] = int(words[1])
        return limits

    def values(self) -> dict[str, Any]:
        """What `actions.change_rules` is given."""
        data = dict(self.cleaned_data)
        return data | {name: data[name] / HUNDRED for name in ("pause_bounces", "pause_complaints")}
