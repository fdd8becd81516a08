"""Forms and descriptions made of fields: what pages and the editor show for a step or a trigger."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from regulars.core import money
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop
from regulars.decide.segments.models import Segment
from regulars.reach.messaging.models import Template
from regulars.reach.webhooks.models import WebhookEndpoint

from .fields import KINDS, Field
from .kinds import StepKind, TriggerKind, step_kinds, trigger_kinds

NESTED = ("rule", "data_rule", "ways")
"""Kinds whose values are trees; a form takes them as JSON, an editor shows them as it likes."""


class ParamsForm(forms.Form):
    """The parameters of one step or trigger. steps: keys of the other steps; messages: names of the journey's messages."""

    def __init__(
        self,
        shop: Shop,
        kind: StepKind | TriggerKind,
        params: Mapping[str, Any],
        data: Any = None,
        *,
        steps: list[str] | None = None,
        messages: list[str] | None = None,
    ) -> None:
        super().__init__(data, initial={one.key: _shown(one, params.get(one.key), shop) for one in kind.fields})
        self.shop, self.kind = shop, kind
        self.names = {"step": steps or [], "earlier_step": steps or [], "message": messages or []}
        for one in kind.fields:
            self.fields[one.key] = self._field(one)

    def _field(self, one: Field) -> forms.Field:
        words: dict[str, Any] = {"label": str(one.label), "help_text": str(one.help or ""), "required": one.required}
        if one.kind == "flag":
            return forms.BooleanField(**{**words, "required": False})
        if one.kind in ("choices", "weekday"):
            return forms.MultipleChoiceField(choices=self._choices(one), widget=forms.CheckboxSelectMultiple, **words)
        if choices := self._choices(one):
            return forms.ChoiceField(choices=[("", "–"), *choices], **words)
        if one.kind == "duration":
            label = {"days": _("days"), "hours": _("hours"), "times": _("times")}.get(one.unit, one.unit)
            words["label"] = f"{one.label} ({label})"
            return forms.IntegerField(
                min_value=None if one.minimum is None else int(one.minimum),
                max_value=None if one.maximum is None else int(one.maximum),
                **words,
            )
        if one.kind == "money":
            places = money.digits(self.shop.currency)
            words["label"] = f"{one.label} ({self.shop.currency})"
            return forms.DecimalField(decimal_places=places, **words)
        if one.kind in ("number", "share"):
            return forms.FloatField(min_value=one.minimum, max_value=one.maximum, **words)
        if one.kind == "date":
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **words)
        if one.kind in NESTED:
            return forms.JSONField(**words)
        long = one.kind == "text" and (one.maximum is None or one.maximum > 200)
        return forms.CharField(
            max_length=int(one.maximum or 1000), widget=forms.Textarea(attrs={"rows": 3}) if long else None, **words
        )

    def _choices(self, one: Field) -> list[tuple[str, str]]:
        if one.choices:
            return [(key, str(words)) for key, words in one.choices.items()]
        if one.kind == "weekday":
            return [(str(day + 1), str(name)) for day, name in WEEKDAYS.items()]
        if one.kind == "hour":
            return [(str(hour), f"{hour}:00") for hour in range(24)]
        if one.kind == "event_type":
            return sorted(
                ((key, str(kind.title)) for key, kind in EVENT_TYPES.items()), key=lambda pair: pair[1].lower()
            )
        tables: dict[str, Any] = {"segment": Segment, "template": Template, "webhook": WebhookEndpoint}
        if one.kind in tables:
            rows = tables[one.kind]._base_manager.filter(shop=self.shop).order_by("name")
            return [(key, name) for key, name in rows.values_list("key", "name")]
        return [(name, name) for name in self.names.get(one.kind, ())]

    def params(self) -> dict[str, Any]:
        """The parameters as a document holds them, of a valid form; what was left empty is left out."""
        found: dict[str, Any] = {}
        for one in self.kind.fields:
            value = self.cleaned_data.get(one.key)
            if value in (None, "", []) or (one.kind == "flag" and not value and not one.default):
                continue
            if one.kind == "hour":
                value = int(value)
            elif one.kind == "weekday":
                value = sorted(int(day) for day in value)
            elif one.kind == "money":
                value = money.to_minor(value, self.shop.currency)
            elif one.kind == "date":
                value = value.isoformat()
            elif one.kind == "number" and float(value).is_integer():
                value = int(value)
            found[one.key] = value
        return found


def _shown(one: Field, value: Any, shop: Shop) -> Any:
    """A value as an input shows it."""
    if value is None:
        value = one.default
    if value is not None and one.kind == "money":
        return money.to_decimal(int(value), shop.currency)
    if isinstance(value, list) and one.kind == "weekday":
        return [str(day) for day in value]
    return str(value) if isinstance(value, Decimal) else value


def described() -> dict[str, Any]:
    """All kinds with their fields as plain values in the active language, for an editor."""
    return {
        name: {
            kind.key: {
                "title": str(kind.title),
                "icon": kind.icon,
                "fields": [_described(one) for one in kind.fields],
            }
            for kind in kinds.values()
        }
        for name, kinds in (("triggers", trigger_kinds()), ("steps", step_kinds()))
    }


def _described(one: Field) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": one.key,
        "kind": one.kind,
        "says": str(KINDS[one.kind]),
        "label": str(one.label),
        "help": str(one.help or ""),
        "required": one.required,
        "default": one.default,
        "minimum": one.minimum,
        "maximum": one.maximum,
        "unit": one.unit,
    }
    if one.choices:
        told["choices"] = {key: str(words) for key, words in one.choices.items()}
    return told
