"""Variables of messages: what a template may say about a customer. Declared in a module's `variables.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Shop

Provide = Callable[["Shop", Sequence[int], datetime], dict[int, dict[str, Any]]]


@dataclass(frozen=True)
class Variables:
    """A group `name.…` of variables. provide: `(shop, customer_ids, now) -> {customer_id: {field: value}}`, in a constant
    number of queries. fields: field → what it says, for the editor and the check. sample: values for a preview.
    """

    name: str
    fields: dict[str, Any]
    provide: Provide
    sample: dict[str, Any]


VARIABLES: dict[str, Variables] = {}


def variables(name: str, *, fields: dict[str, Any], sample: dict[str, Any]) -> Callable[[Provide], Provide]:
    """Declares a group of variables."""

    def take(provide: Provide) -> Provide:
        VARIABLES[name] = Variables(name, fields, provide, sample)
        return provide

    return take
