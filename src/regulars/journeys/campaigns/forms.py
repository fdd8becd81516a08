"""Forms of the composer: one for each of its steps. They read and write plain values; the actions check them again."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from regulars.core import money
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Topic
from regulars.decide.goals.models import Goal
from regulars.decide.segments.models import Segment
from regulars.insights import kpis
from regulars.reach.messaging.models import Template

from .actions import ArmDraft
from .models import Campaign

SHARES = ("0.05", "0.1", "0.15", "0.2", "0.3", "0.5", "0")
TEST_SHARES = ("0.1", "0.2", "0.3", "0.4", "0.5")
HOURS = [(hour, f"{hour}:00") for hour in range(7, 21)]
OFFERS = (
    ("", _("no voucher")),
    ("percent", _("percent off")),
    ("amount", _("an amount off")),
    ("free_shipping", _("free shipping")),
)
LOCALES = (("de", _("in German")), ("en", _("in English")))


def percent(share: Any) -> str:
    from babel.numbers import format_percent

    return str(format_percent(Decimal(share), locale=(get_language() or "en").split("-")[0]))


class AudienceForm(forms.Form):
    """Name, whom, and by what it is judged."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you and your team see it."))
    segment: Any = forms.ModelChoiceField(Segment.objects.none(), label=_("Segment"), empty_label=_("Choose …"))
    topic: Any = forms.ModelChoiceField(
        Topic.objects.none(),
        label=_("Topic"),
        required=False,
        empty_label=_("no topic"),
        help_text=_("Those who do not want to hear about it are left out."),
    )
    goal = forms.ChoiceField(label=_("Goal"), choices=Goal.Kind.choices)
    kpi = forms.ChoiceField(label=_("Figure that shows it"))
    holdout_share = forms.ChoiceField(
        label=_("Holdout"),
        help_text=_("Picked by lot, they get nothing. Only against them it shows what the campaign causes."),
    )
    outcome_days = forms.IntegerField(label=_("Orders count for (days)"), min_value=1, max_value=90)

    def __init__(self, shop: Shop, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.filter(shop=shop).order_by("name")  # type: ignore[attr-defined]
        self.fields["topic"].queryset = Topic.objects.filter(shop=shop, is_active=True)  # type: ignore[attr-defined]
        self.fields["kpi"].choices = [(key, str(one.title)) for key, one in kpis.definitions().items()]  # type: ignore[attr-defined]
        self.fields["holdout_share"].choices = [  # type: ignore[attr-defined]
            (share, percent(share) if share != "0" else _("none: the effect stays unknown")) for share in SHARES
        ]

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "holdout_share": Decimal(self.cleaned_data["holdout_share"]), "rule": None}


class MessageForm(forms.Form):
    """What everybody gets: mail, subject, voucher."""

    template: Any = forms.ModelChoiceField(Template.objects.none(), label=_("Mail"), empty_label=_("Choose …"))
    offer = forms.ChoiceField(label=_("Voucher"), choices=OFFERS, required=False)
    value = forms.DecimalField(label=_("Worth (percent or amount)"), required=False, min_value=0, decimal_places=2)
    minimum = forms.DecimalField(label=_("From an order value of"), required=False, min_value=0, decimal_places=2)
    valid_days = forms.IntegerField(label=_("Valid for (days)"), required=False, min_value=1, max_value=365)

    def __init__(self, shop: Shop, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shop = shop
        self.fields["template"].queryset = mails(shop)  # type: ignore[attr-defined]
        for locale, words in LOCALES:
            self.fields[f"subject_{locale}"] = forms.CharField(
                label=_("Subject %(locale)s") % {"locale": words}, max_length=200, required=False
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, value = data.get("offer"), data.get("value")
        if kind in ("percent", "amount") and not value:
            self.add_error("value", _("Say what it is worth."))
        if kind == "percent" and value and (value > 100 or value != int(value)):
            self.add_error("value", _("A whole number of percent up to 100 is needed."))
        return data

    def arm(self) -> ArmDraft:
        data = self.cleaned_data
        return ArmDraft(data["template"], subjects_of(data), offer_of(data, self.shop))


class TimeForm(forms.Form):
    """When, and how fast."""

    timing = forms.ChoiceField(label=_("When"), choices=Campaign.Timing.choices, widget=forms.RadioSelect)
    starts_at = forms.DateTimeField(
        label=_("Moment"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("On the clock of the shop. For “at a moment”."),
    )
    day = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For “each customer’s own clock”. Where the hour is over already, it is the next day’s."),
    )
    hour = forms.TypedChoiceField(label=_("Hour"), coerce=int, choices=HOURS, required=False, empty_value=None)
    within_hours = forms.IntegerField(
        label=_("Welcome within (hours)"),
        min_value=1,
        max_value=720,
        help_text=_("Whoever cannot get it by then, for quiet hours or their budget, does not get it at all."),
    )
    per_hour = forms.IntegerField(
        label=_("At most so many messages an hour"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("Empty: as fast as the mail server takes them."),
    )

    def __init__(self, shop: Shop, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(shop.timezone)

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data.pop("hour")
        at: datetime | None = data["starts_at"]
        if at is not None:
            data["starts_at"] = at.replace(tzinfo=self.zone)
        return data


class TestForm(forms.Form):
    """What is compared, in how many arms, and how the winner is chosen."""

    __test__ = False

    tests = forms.ChoiceField(label=_("What is compared"), choices=Campaign.Tests.choices, required=False)
    arms = forms.TypedChoiceField(label=_("Arms"), coerce=int, choices=[(n, str(n)) for n in range(2, 6)], initial=2)
    test_share = forms.ChoiceField(
        label=_("Tried out on"),
        required=False,
        help_text=_("The rest waits and gets the winner."),
    )
    winner_by = forms.ChoiceField(label=_("The winner is the arm with the"), choices=Campaign.WinnerBy.choices)
    wait_hours = forms.IntegerField(
        label=_("Chosen so many hours after the last message of the test"), min_value=1, max_value=720
    )
    least = forms.IntegerField(label=_("Customers needed in each arm"), min_value=10, max_value=100_000)

    def __init__(self, shop: Shop, kind: str, arms: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shop, self.kind, self.size = shop, kind, arms
        self.fields["test_share"].choices = [  # type: ignore[attr-defined]
            ("", _("all: no winner is chosen, everybody gets one of the arms")),
            *((share, percent(share)) for share in TEST_SHARES),
        ]
        for place in range(arms):
            self.fields[f"share_{place}"] = forms.IntegerField(
                label=_("Share (percent)"), min_value=1, max_value=99, initial=round(100 / arms)
            )
            if kind == Campaign.Tests.SUBJECT:
                for locale, words in LOCALES:
                    self.fields[f"subject_{locale}_{place}"] = forms.CharField(
                        label=_("Subject %(locale)s") % {"locale": words}, max_length=200, required=False
                    )
            elif kind == Campaign.Tests.CONTENT:
                self.fields[f"template_{place}"] = forms.ModelChoiceField(mails(shop), label=_("Mail"))
            elif kind == Campaign.Tests.TIME:
                self.fields[f"hour_{place}"] = forms.TypedChoiceField(label=_("Hour"), coerce=int, choices=HOURS)
            elif kind == Campaign.Tests.OFFER:
                self.fields[f"offer_{place}"] = forms.ChoiceField(label=_("Voucher"), choices=OFFERS, required=False)
                self.fields[f"value_{place}"] = forms.DecimalField(
                    label=_("Worth (percent or amount)"), required=False, min_value=0, decimal_places=2
                )

    def groups(self) -> list[dict[str, Any]]:
        """The fields of each arm, for the page."""
        return [
            {"letter": "ABCDE"[place], "fields": [self[name] for name in self.fields if name.endswith(f"_{place}")]}
            for place in range(self.size)
        ]

    def general(self) -> list[Any]:
        return [self[name] for name in ("test_share", "winner_by", "wait_hours", "least")]

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        share = data.get("test_share")
        return {
            "tests": self.kind,
            "test_share": Decimal(share) if share else None,
            **{name: data[name] for name in ("winner_by", "wait_hours", "least")},
        }

    def arm_drafts(self, base: ArmDraft) -> list[ArmDraft]:
        """The arms: the message of the campaign, changed in what is compared."""
        found, data = [], self.cleaned_data
        for place in range(self.size):
            mine = {name.removesuffix(f"_{place}"): value for name, value in data.items() if name.endswith(f"_{place}")}
            offer = dict(base.offer)
            if self.kind == Campaign.Tests.OFFER:
                terms = {"valid_days": base.offer.get("valid_days") or 14}
                offer = offer_of({**mine, **terms}, self.shop)
                if base.offer.get("minimum_value") and offer:
                    offer["minimum_value"] = base.offer["minimum_value"]
            found.append(
                ArmDraft(
                    mine.get("template") or base.template,
                    subjects_of(mine) if self.kind == Campaign.Tests.SUBJECT else base.subjects,
                    offer,
                    mine.get("hour", base.hour),
                    Decimal(mine["share"]) / 100,
                )
            )
        return found


def mails(shop: Shop) -> Any:
    """Templates that a campaign may send: those somebody here wrote, not what measures brought."""
    return Template.objects.filter(shop=shop, channel="email", is_of_measure=False).order_by("name")


def subjects_of(data: dict[str, Any]) -> dict[str, str]:
    """Locale → subject, of the fields that are filled in."""
    return {locale: data[f"subject_{locale}"] for locale, _words in LOCALES if data.get(f"subject_{locale}")}


def offer_of(data: dict[str, Any], shop: Shop) -> dict[str, Any]:
    """The parameters of the voucher, empty without one."""
    kind = data.get("offer")
    if not kind:
        return {}
    found: dict[str, Any] = {"offer": kind, "valid_days": data.get("valid_days") or 14}
    if kind == "percent":
        found["percent"] = int(data.get("value") or 0)
    if kind == "amount":
        found["amount"] = money.to_minor(data.get("value") or Decimal(0), shop.currency)
    if data.get("minimum"):
        found["minimum_value"] = money.to_minor(data["minimum"], shop.currency)
    return found


def offer_fields(offer: Any, shop: Shop, end: str = "") -> dict[str, Any]:
    """What `offer_of` reads, for an offer that is there."""
    value = offer.get("percent")
    if offer.get("amount"):
        value = money.to_decimal(offer["amount"], shop.currency)
    found = {f"offer{end}": offer.get("offer", ""), f"value{end}": value}
    if not end:
        found["valid_days"] = offer.get("valid_days", 14)
        if offer.get("minimum_value"):
            found["minimum"] = money.to_decimal(offer["minimum_value"], shop.currency)
    return found
