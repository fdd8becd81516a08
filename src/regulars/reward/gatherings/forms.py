"""The form of a gathering: moments on the clock of the shop."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from regulars.core.models import Shop
from regulars.decide.goals.models import Measure

from .models import Gathering

LOCALES = {"de": _("German"), "en": _("English")}
_PLAIN = (
    "kind",
    "place",
    "online_url",
    "starts_at",
    "ends_at",
    "capacity",
    "guests_each",
    "has_waiting_list",
    "takes_friends",
    "measure",
)
_ONLINE = _("Shown only to customers who have a place.")


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("On the clock of the shop."),
    )


class GatheringForm(forms.Form):
    """What, when, where and for how many; `values()` are the fields of the actions."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Gathering.Kind.choices)
    starts_at = _moment(_("Begins"))
    ends_at = _moment(_("Ends"))
    place = forms.CharField(label=pgettext_lazy("of a gathering", "Place"), max_length=200, required=False)
    online_url = forms.URLField(
        label=_("Online address"), max_length=500, required=False, assume_scheme="https", help_text=_ONLINE
    )
    capacity = forms.IntegerField(
        label=_("Places"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Persons, guests counted. Left empty, there is no limit."),
    )
    guests_each = forms.IntegerField(
        label=_("Guests that each customer may bring"), min_value=0, max_value=20, initial=0
    )
    has_waiting_list = forms.BooleanField(
        label=_("Waiting list, from which customers move up"), required=False, initial=True
    )
    takes_friends = forms.BooleanField(
        label=_("Guests may ask friends"),
        required=False,
        help_text=_(
            "Who has a place finds a link to pass on. Friends answer for themselves and take a place like anybody."
        ),
    )
    measure = forms.ModelChoiceField(
        label=_("Measure"), queryset=Measure._base_manager.none(), required=False, help_text=_("Which it belongs to.")
    )

    def __init__(self, *args: Any, shop: Shop, gathering: Gathering | None = None, **kwargs: Any) -> None:
        if gathering is not None:
            kwargs["initial"] = {name: getattr(gathering, name) for name in _PLAIN} | {
                f"{name}-{locale}": words.get(locale, "")
                for name, words in (("title", gathering.titles), ("text", gathering.texts))
                for locale in LOCALES
            }
        super().__init__(*args, **kwargs)
        kept = Q(pk=gathering.measure_id) if gathering is not None else Q(pk=None)
        measures = Measure._base_manager.filter(shop=shop).filter(~Q(status=Measure.Status.STOPPED) | kept)
        self.fields["measure"].queryset = measures.order_by("name")  # type: ignore[attr-defined]
        for locale in LOCALES:
            self.fields[f"title-{locale}"] = forms.CharField(label=_("Title"), max_length=120, required=False)
            self.fields[f"text-{locale}"] = forms.CharField(
                label=_("What it is about"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5})
            )

    def languages(self) -> list[tuple[Any, list[Any]]]:
        """Language → its fields, for the page."""
        return [(title, [self[f"title-{locale}"], self[f"text-{locale}"]]) for locale, title in LOCALES.items()]

    def general(self) -> list[Any]:
        """The fields beside the words."""
        return [self[name] for name in _PLAIN]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not any(data.get(f"title-{locale}", "").strip() for locale in LOCALES):
            self.add_error(f"title-{next(iter(LOCALES))}", _("A title in at least one language is needed."))
        if not data.get("place") and not data.get("online_url") and "online_url" not in self.errors:
            self.add_error("place", _("A place or an online address is needed."))
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", _("It must end after it begins."))
        return data

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: data[name] for name in _PLAIN} | {
            "titles": {locale: data[f"title-{locale}"] for locale in LOCALES},
            "texts": {locale: data[f"text-{locale}"] for locale in LOCALES},
        }
