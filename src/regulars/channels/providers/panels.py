"""The panel on the page of sending: over what mails go out, and whether the provider has anything against it."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel
from regulars.reach.messaging.actions import rules_of

from . import actions
from .providers import PROVIDERS


@panel("settings-sending", key="way", title=_("Way out"), permission="manage_settings", place="side")
def way(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """The way that the shop chose. Two queries."""
    key = rules_of(shop).way
    account = actions.account_of(shop, key) if key else None
    return "providers/panel.html", {"provider": PROVIDERS.get(key), "account": account}
