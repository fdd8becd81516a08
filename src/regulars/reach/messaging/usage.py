"""Who uses a template: told by the modules above that send, each in its `template_uses.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.core.models import Shop
from regulars.reach.messaging.models import Template


@dataclass(frozen=True, slots=True)
class Use:
    """name: of the measure. is_running: it may send at any time. page, argument: where it is shown. is_service: what it sends
    carries no way out, since nobody can leave it."""

    name: str
    is_running: bool
    page: str = ""
    argument: Any = None
    is_service: bool = False


Uses = Callable[[Shop], Mapping[str, list[Use]]]
_TELLERS: list[Uses] = []


def template_uses(teller: Uses) -> Uses:
    """Declares a function `(shop) -> {key of a template: its uses}`, in a constant number of queries."""
    _TELLERS.append(teller)
    return teller


def uses_of(shop: Shop) -> dict[str, list[Use]]:
    """Key of a template → who uses it. Who sends a frozen copy uses the template that it was copied from."""
    found: dict[str, list[Use]] = {}
    for teller in _TELLERS:
        for key, uses in teller(shop).items():
            found.setdefault(key, []).extend(uses)
    copies = Template._base_manager.filter(shop=shop, copy_of__isnull=False, key__among=set(found))
    for key, original in copies.values_list("key", "copy_of__key"):
        known = found.setdefault(original, [])
        known.extend(use for use in found[key] if use not in known)
    return found


def is_service(shop: Shop, key: str) -> bool:
    """Whether a template is used, and only by what sends service messages: such mails carry no way out of advertising."""
    uses = uses_of(shop).get(key, [])
    return bool(uses) and all(use.is_service for use in uses)
