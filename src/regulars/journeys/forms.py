"""Forms of measures: the settings of a playbook as fields, with the holdout and whom to take in at the start."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.core import money
from regulars.core.models import Shop
from regulars.know.orders.models import Product

from .inputs import segment_choices
from .playbook import Playbook
from .settings import Category, Hour, Money, SegmentKey, Setting, Text

MOST_CATEGORIES = 500
"""So many can be chosen from; more is no list that anybody reads."""
SHARES = ("0.05", "0.1", "0.15", "0.2", "0.3", "0.5", "0")


def _share_text(share: str) -> str:
    from babel.numbers import format_percent
    from django.utils.translation import get_language

    return str(format_percent(Decimal(share), locale=(get_language() or "en").split("-")[0]))


class LaunchForm(forms.Form):
    """One field for each setting, then the holdout; `take_present` where the trigger has members at the start."""

    def __init__(self, shop: Shop, playbook: Playbook, present: int | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shop, self.playbook = shop, playbook
        for one in playbook.settings:
            self.fields[one.key] = self._field(one)
        choices = [
            (share, _share_text(share) if share != "0" else _("none: the effect stays unknown")) for share in SHARES
        ]
        if playbook.holdout_share not in SHARES:
            choices.insert(0, (playbook.holdout_share, _share_text(playbook.holdout_share)))
        self.fields["holdout_share"] = forms.ChoiceField(
            label=_("Holdout"),
            choices=choices,
            initial=playbook.holdout_share,
            help_text=_(
                "Customers picked at random who get nothing. Only against them it shows what the measure causes."
            ),
        )
        if present is not None:
            self.fields["take_present"] = forms.BooleanField(
                label=_("Also take in those who are in the segment today"),
                required=False,
                initial=False,
                help_text=_("Without this, only customers who enter the segment from now on take part."),
            )

    def _field(self, one: Setting) -> forms.Field:
        words: dict[str, Any] = {"label": str(one.label), "help_text": str(one.help or ""), "required": True}
        if isinstance(one, Money):
            places = money.digits(self.shop.currency)
            return forms.DecimalField(
                initial=money.to_decimal(one.default, self.shop.currency),
                min_value=money.to_decimal(one.minimum, self.shop.currency),
                max_value=money.to_decimal(one.maximum, self.shop.currency),
                decimal_places=places,
                widget=forms.NumberInput(attrs={"step": str(Decimal(1).scaleb(-places))}),
                **{**words, "label": f"{one.label} ({self.shop.currency})"},
            )
        if isinstance(one, Text):
            return self._words(one, words)
        if isinstance(one, Hour):
            hours = [(hour, f"{hour}:00") for hour in range(one.minimum, one.maximum + 1)]
            return forms.TypedChoiceField(choices=hours, coerce=int, initial=one.default, **words)
        return forms.IntegerField(initial=one.default, min_value=one.minimum, max_value=one.maximum, **words)

    def _words(self, one: Text, words: dict[str, Any]) -> forms.Field:
        words["required"] = one.minimum > 0
        if isinstance(one, Category):
            names = (
                Product.objects.exclude(category="").values_list("category", flat=True).order_by("category").distinct()
            )
            choices = [("", _("all")), *((name, name) for name in names[:MOST_CATEGORIES])]
            return forms.ChoiceField(choices=choices, initial=one.default, **words)
        if isinstance(one, SegmentKey):
            return forms.ChoiceField(choices=segment_choices(self.shop), initial=one.default, **words)
        return forms.CharField(initial=one.default, max_length=one.maximum, **words)

    def settings(self) -> dict[str, Any]:
        """The settings as they are kept, of a valid form."""
        found: dict[str, Any] = {}
        for one in self.playbook.settings:
            value = self.cleaned_data[one.key]
            if isinstance(one, Text):
                found[one.key] = value
            else:
                found[one.key] = money.to_minor(value, self.shop.currency) if isinstance(one, Money) else int(value)
        return found
