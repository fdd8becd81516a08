"""Settings of a playbook: typed, with a default, limits and labels. A form is made of them; a launch checks them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from .words import Words


@dataclass(frozen=True)
class Setting:
    """One setting. Values are integers: money in minor units of the shop's currency, hours on the clock of the customer.
    Those of Text and its kinds are words.
    """

    key: str
    label: Words
    default: Any
    minimum: int
    maximum: int
    help: Words | None = None

    kind = "number"

    def check(self, value: Any) -> Any:
        """The value as it is kept. Raises Refused with the label and the limits."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(_("“%(label)s” must be a whole number.") % {"label": self.label})
        if not self.minimum <= value <= self.maximum:
            raise Refused(
                _("“%(label)s” must be between %(low)s and %(high)s.")
                % {"label": self.label, "low": self.minimum, "high": self.maximum}
            )
        return value

    def extremes(self) -> tuple[Any, Any]:
        """The values at both ends of what fits."""
        return self.minimum, self.maximum


class Number(Setting):
    """A whole number."""


class Percent(Setting):
    """Percent, 15 for 15 %."""

    kind = "percent"


class Money(Setting):
    """An amount in minor units of the shop's currency."""

    kind = "money"


class Days(Setting):
    """A number of days."""

    kind = "days"


class Hour(Setting):
    """An hour of the day, on the customer's clock."""

    kind = "hour"


class Text(Setting):
    """Words. minimum, maximum: of their length; with a minimum of 0 they may be left out."""

    kind = "text"

    def check(self, value: Any) -> Any:
        """The words, without spaces around them. Raises Refused with the label and the limits."""
        if not isinstance(value, str) or "\x00" in value:
            raise Refused(_("“%(label)s” must be a text.") % {"label": self.label})
        value = value.strip()
        if not self.minimum <= len(value) <= self.maximum:
            raise Refused(
                _("“%(label)s” must have between %(low)s and %(high)s characters.")
                % {"label": self.label, "low": self.minimum, "high": self.maximum}
            )
        return value

    def extremes(self) -> tuple[Any, Any]:
        return "a" * self.minimum, "a" * self.maximum


class Category(Text):
    """One of the shop's categories of products, by its name; empty for all."""

    kind = "category"


class SegmentKey(Text):
    """One of the shop's segments, or a ready-made one, by its short name."""

    kind = "segment"


def checked(settings: Sequence[Setting], values: Mapping[str, Any]) -> dict[str, Any]:
    """All settings with the values given, defaults for the rest. Raises Refused for a wrong or unknown one."""
    known = {one.key: one for one in settings}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise Refused(_("There is no setting called “%(key)s”.") % {"key": unknown[0]})
    return {key: one.check(values.get(key, one.default)) for key, one in known.items()}


NO_MINIMUM = Words(en="0 for no minimum.", de="0 für keinen Mindestwert.")


def voucher_settings(
    *,
    percent: int,
    minimum_value: int,
    valid_days: int,
    shortest: int = 7,
    percent_help: Words | None = None,
    minimum_help: Words = NO_MINIMUM,
) -> tuple[Setting, ...]:
    """The settings of a playbook with a voucher: `percent`, `minimum_value` (minor units), `valid_days`.

    shortest: the fewest days a voucher may be valid; more where the journey reminds before it expires.
    """
    return (
        Percent(
            "percent",
            Words(en="Discount in percent", de="Rabatt in Prozent"),
            default=percent,
            minimum=1,
            maximum=50,
            help=percent_help,
        ),
        Money(
            "minimum_value",
            Words(en="From an order value of", de="Ab einem Bestellwert von"),
            default=minimum_value,
            minimum=0,
            maximum=100_000,
            help=minimum_help,
        ),
        Days(
            "valid_days",
            Words(en="Voucher valid for (days)", de="Gutschein gültig für (Tage)"),
            default=valid_days,
            minimum=shortest,
            maximum=120,
        ),
    )


def category_setting(told: Words) -> Category:
    """The setting `category` of a playbook that may keep to one part of the assortment. told: what “all” means."""
    return Category("category", Words(en="Only this category", de="Nur diese Kategorie"), "", 0, 120, told)


def hour_setting(default: int) -> Hour:
    """The setting `hour` of a playbook that acts on a date: early enough to be before the customer's quiet hours."""
    return Hour(
        "hour",
        Words(en="Hour of the day (customer’s clock)", de="Uhrzeit (nach der Uhr des Kunden)"),
        default=default,
        minimum=0,
        maximum=18,
    )
