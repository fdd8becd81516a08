"""The form of an entry. Its moments are on the clock of the shop."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from regulars.core.clock import day_start
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import Segment

from .models import CalendarEntry

REPEATS = (
    ("", _("once")),
    ("FREQ=WEEKLY", _("every week")),
    ("FREQ=WEEKLY;INTERVAL=2", _("every two weeks")),
    ("FREQ=MONTHLY", _("every month")),
    ("FREQ=YEARLY", _("every year")),
)
KEEP = "keep"
"""Of a rule that came from a file and is none of these."""
FORMAT = "%Y-%m-%dT%H:%M"


def _moment(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)
    return forms.DateTimeField(
        label=label, required=required, help_text=help_text, input_formats=[FORMAT], widget=widget
    )


class EntryForm(forms.Form):
    """What, when, announced when, for whom."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=CalendarEntry.Kind.choices)
    begins_at = _moment(_("From"))
    ends_at = _moment(_("Until"), required=False, help_text=_("Left empty, it has no length."))
    whole_days = forms.BooleanField(
        label=_("Whole days"),
        required=False,
        help_text=_("Then the time of day does not count; the last day belongs to it."),
    )
    announced_at = _moment(
        _("Announced"),
        required=False,
        help_text=_("When customers are told of it."),
    )
    recurrence = forms.ChoiceField(label=_("Repeats"), required=False)
    status = forms.ChoiceField(label=_("State"), choices=CalendarEntry.Status.choices)
    segment: Any = forms.ModelChoiceField(
        Segment.objects.none(), label=_("Segment"), required=False, empty_label=_("no certain one")
    )
    measure: Any = forms.ModelChoiceField(
        Measure.objects.none(), label=_("Measure"), required=False, empty_label=_("none")
    )
    place = forms.CharField(label=_("Where"), max_length=300, required=False)
    description = forms.CharField(
        label=_("Description"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, shop: Shop, *args: Any, entry: CalendarEntry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = shop.timezone
        fields: dict[str, Any] = self.fields
        fields["segment"].queryset = Segment.objects.order_by("name")
        fields["measure"].queryset = Measure.objects.order_by("name")
        kept = [(KEEP, _("as before"))] if entry and entry.recurrence not in dict(REPEATS) else []
        fields["recurrence"].choices = [*REPEATS, *kept]

    def clean(self) -> dict[str, Any]:
        """Moments get the zone of the shop; whole days become midnights, the last one exclusive."""
        data = super().clean() or {}
        if self.errors:
            return data
        zone = ZoneInfo(self.zone)
        begins: datetime = data["begins_at"].replace(tzinfo=zone)
        ends: datetime = data["ends_at"].replace(tzinfo=zone) if data["ends_at"] else begins
        if data["whole_days"]:
            begins = day_start(begins.date(), self.zone)
            ends = day_start(ends.date() + timedelta(days=1), self.zone)
        data["begins_at"], data["ends_at"] = begins, ends
        if data["announced_at"]:
            data["announced_at"] = data["announced_at"].replace(tzinfo=zone)
        return data

    def values(self) -> dict[str, Any]:
        """Values of columns."""
        data = self.cleaned_data
        return {name: data[name] for name in data if name != "seen" and (name, data[name]) != ("recurrence", KEEP)}


def initial_of(entry: CalendarEntry, shop: Shop) -> dict[str, Any]:
    """What the form shows of an entry."""
    zone = ZoneInfo(shop.timezone)
    ends = entry.ends_at - timedelta(days=1) if entry.whole_days else entry.ends_at
    found: dict[str, Any] = {
        "begins_at": entry.begins_at.astimezone(zone),
        "ends_at": max(ends, entry.begins_at).astimezone(zone),
        "announced_at": entry.announced_at.astimezone(zone) if entry.announced_at else None,
        "segment": entry.segment_id,
        "measure": entry.measure_id,
        "seen": entry.sequence,
    }
    found["recurrence"] = entry.recurrence if entry.recurrence in dict(REPEATS) else KEEP
    same = ("title", "kind", "whole_days", "status", "place", "description")
    return found | {name: getattr(entry, name) for name in same}
