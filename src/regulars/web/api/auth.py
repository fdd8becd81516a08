"""Who calls: a bearer key with scopes. The shop of the key is in scope for the call."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from regulars.core import clock
from regulars.core.actions import find_api_key, note_key_use
from regulars.core.models import ApiKey
from regulars.core.scoping import scope

from .problems import Problem

SCOPES = {
    "vouchers:read": "look a voucher up",
    "vouchers:redeem": "redeem a voucher",
    "customers:write": "write customers",
    "orders:write": "write orders",
    "shipments:write": "write shipments",
    "returns:write": "write returns and refunds",
    "products:write": "write products, their prices and stock",
    "checkouts:write": "write checkouts",
    "events:write": "write events",
    "journeys:enrol": "let customers enter a journey",
}


class KeyAuth(HttpBearer):
    """`Authorization: Bearer rg_…`. An unknown or revoked key is answered with 401."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = find_api_key(token)
        if key is not None:
            note_key_use(key, clock.now())
        return key


def needs(scope_name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The operation needs this scope of the key; it runs in the scope of the key's shop, given as `request.shop`."""
    assert scope_name in SCOPES, scope_name

    def wrap(operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            key: ApiKey = request.auth
            if scope_name not in key.scopes:
                raise Problem(403, "scope_missing", f"this key lacks the scope {scope_name}")
            request.shop = key.shop
            with scope(shop=key.shop):
                return operation(request, *args, **kwargs)

        return guarded

    return wrap
