"""Settings of a playbook: typed, with a default, limits and labels. A form is made of them; a launch checks them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from .words import Words


@dataclass(frozen=True)
class Setting:
    """One setting. Values are integers: money in minor units of the shop's currency, hours on the clock of the customer."""

    key: str
    label: Words
    default: int
    minimum: int
    maximum: int
    help: Words | None = None

    kind = "number"

    def check(self, value: Any) -> int:
        """The value as an integer. Raises Refused with the label and the limits."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(_("“%(label)s” must be a whole number.") % {"label": self.label})
        if not self.minimum <= value <= self.maximum:
            raise Refused(
                _("“%(label)s” must be between %(low)s and %(high)s.")
                % {"label": self.label, "low": self.minimum, "high": self.maximum}
            )
        return value


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


def checked(settings: Sequence[Setting], values: Mapping[str, Any]) -> dict[str, int]:
    """All settings with the values given, defaults for the rest. Raises Refused for a wrong or unknown one."""
    known = {one.key: one for one in settings}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise Refused(_("There is no setting called “%(key)s”.") % {"key": unknown[0]})
    return {key: one.check(values.get(key, one.default)) for key, one in known.items()}
