"""Made-up data for the style page: every component once, filled as on a real page."""

import math
from datetime import timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from regulars.core.clock import now
from regulars.web import written

MONTHS = 12


class SampleForm(forms.Form):
    """A form with one field of each kind, one of them wrong."""

    name = forms.CharField(label=_("Name of the segment"), help_text=_("Shown to colleagues only."))
    days = forms.IntegerField(label=_("Days since the last order"), min_value=1)
    channel = forms.ChoiceField(label=_("Channel"), choices=[("mail", _("E-mail")), ("letter", _("Letter"))])
    start = forms.DateField(label=_("First day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    holdout = forms.BooleanField(label=_("Keep a holdout"), required=False, initial=True)
    goal = forms.ChoiceField(
        label=_("Goal"), choices=[("win", _("Win back")), ("hold", _("Hold"))], widget=forms.RadioSelect, initial="win"
    )
    file = forms.FileField(label=_("File"), required=False)


def _months() -> list[str]:
    first = now().date().replace(day=1)
    found = []
    for back in range(MONTHS - 1, -1, -1):
        year, month = divmod(first.year * 12 + first.month - 1 - back, 12)
        found.append(written.month(first.replace(year=year, month=month + 1)))
    return found


def _cohorts() -> list[dict[str, Any]]:
    rows = []
    for at, label in enumerate(_months()[-9:]):
        cells: list[float | None] = [
            1.0 if age == 0 else 0.34 * math.exp(-age / 7) + 0.02 * ((at + age) % 3) if age < 9 - at else None
            for age in range(9)
        ]
        rows.append({"label": label, "size": 885 - 53 * at, "cells": cells, "href": "#"})
    return rows


def _rfm() -> list[list[dict[str, Any]]]:
    names = {
        (5, 5): gettext("Regular customers"),
        (1, 5): gettext("Lapsed regulars"),
        (5, 1): gettext("New"),
        (1, 1): gettext("Gone"),
    }
    rows = []
    for frequency in range(5, 0, -1):
        row = []
        for recency in range(1, 6):
            count = 40 + 60 * abs(recency + frequency - 6) ** 2 + 90 * recency
            row.append(
                {"count": count, "share": count / 1500, "label": names.get((recency, frequency), ""), "href": "#"}
            )
        rows.append(row)
    return rows


def samples(request: HttpRequest) -> dict[str, Any]:
    """The context of `control/style.html`."""
    today = now()
    wave = [round(1_800_000 + 500_000 * math.sin(month / 1.7) + 60_000 * month) for month in range(MONTHS)]
    again = [round(value * (0.36 + 0.012 * month)) for month, value in enumerate(wave)]
    form = SampleForm({"name": "", "days": "180", "channel": "mail", "holdout": "on", "goal": "win"})
    form.is_valid()
    people = [
        {
            "name": "Rosa Luna",
            "since": today - timedelta(days=1480),
            "orders": 23,
            "value": 184_250,
            "alive": 0.97,
            "tone": "success",
            "state": gettext("regular"),
        },
        {
            "name": "Nico Neumann",
            "since": today - timedelta(days=9),
            "orders": 1,
            "value": 2_990,
            "alive": 0.61,
            "tone": "info",
            "state": gettext("new"),
        },
        {
            "name": "Lena Lorenz",
            "since": today - timedelta(days=910),
            "orders": 7,
            "value": 51_820,
            "alive": 0.18,
            "tone": "warning",
            "state": gettext("lapsed"),
        },
        {
            "name": "Otto Ortmann",
            "since": today - timedelta(days=602),
            "orders": 4,
            "value": 22_400,
            "alive": 0.44,
            "tone": "error",
            "state": gettext("opted out"),
        },
        {
            "name": "Heidi Hold",
            "since": today - timedelta(days=388),
            "orders": 5,
            "value": 31_075,
            "alive": 0.73,
            "tone": "neutral",
            "state": gettext("holdout"),
        },
    ]
    return {
        "crumbs": [(gettext("Customers"), "#"), (gettext("Lapsed"), "#")],
        "sample_currency": "EUR",
        "people": people,
        "people_page": Paginator(range(1, 23_571), 50).page(3),
        "form": form,
        "columns": list(range(9)),
        "cohorts": _cohorts(),
        "rfm": _rfm(),
        "trend": [value / 100 for value in again],
        "falling": [9, 8.6, 8.8, 8.1, 7.4, 7.6, 7.0, 6.1],
        "tabs": [
            {"title": gettext("Timeline"), "href": "#", "current": True, "icon": "history", "count": None},
            {"title": gettext("Orders"), "href": "#", "current": False, "icon": "package", "count": 23},
            {"title": gettext("Messages"), "href": "#", "current": False, "icon": "mail", "count": 41},
            {"title": gettext("Decisions"), "href": "#", "current": False, "icon": "scale", "count": 118},
        ],
        "periods": [
            {"title": gettext("Month"), "href": "#", "current": True},
            {"title": gettext("Quarter"), "href": "#", "current": False},
            {"title": gettext("Year"), "href": "#", "current": False},
        ],
        "revenue": {
            "type": "bar",
            "x": _months(),
            "format": "money",
            "currency": "EUR",
            "series": [
                {"name": gettext("Existing customers"), "data": again, "stack": "all"},
                {
                    "name": gettext("New customers"),
                    "data": [w - a for w, a in zip(wave, again, strict=True)],
                    "stack": "all",
                    "tone": "accent",
                },
            ],
        },
        "repeat": {
            "type": "area",
            "x": _months(),
            "format": "percent",
            "min": 0,
            "series": [
                {
                    "name": gettext("Repurchase rate"),
                    "data": [0.29 + 0.006 * m + 0.02 * math.sin(m) for m in range(MONTHS)],
                }
            ],
        },
        "effect": {
            "type": "line",
            "x": _months(),
            "format": "percent",
            "series": [
                {"name": gettext("Treated"), "data": [0.02 * m + 0.01 for m in range(MONTHS)]},
                {
                    "name": gettext("Holdout"),
                    "data": [0.012 * m + 0.01 for m in range(MONTHS)],
                    "tone": "secondary",
                    "dashed": True,
                },
            ],
        },
        "events": [
            {
                "icon": "ticket-check",
                "title": gettext("Voucher redeemed"),
                "at": today - timedelta(hours=5),
                "tone": "success",
                "text": "LENA-7KQ2 · 12,00 €",
            },
            {
                "icon": "mouse-pointer-click",
                "title": gettext("Link clicked"),
                "at": today - timedelta(hours=7),
                "tone": "primary",
                "text": gettext("“We miss your ear”"),
            },
            {
                "icon": "mail",
                "title": gettext("Message delivered"),
                "at": today - timedelta(days=1),
                "tone": "neutral",
                "text": "",
            },
            {
                "icon": "scale",
                "title": gettext("Not contacted"),
                "at": today - timedelta(days=4),
                "tone": "warning",
                "text": gettext("An open complaint freezes advertising."),
            },
            {
                "icon": "package",
                "title": gettext("Order placed"),
                "at": today - timedelta(days=214),
                "tone": "neutral",
                "text": "3 × LP · 74,80 €",
            },
        ],
    }
