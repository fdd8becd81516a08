"""What is remembered of an erased person: keyed digests of the identities, which tell nothing without the key."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from regulars.core.models import Shop

from .models import ErasedIdentity

NUMBER = "number"
"""Kind of the digest of a customer number; the other kinds are those of Identity."""


def digest(shop: Shop, kind: str, key: str, secret: str | None = None) -> str:
    """HMAC-SHA256 of an identity under the installation's secret, 64 hexadecimal digits."""
    text = f"regulars.erased:{shop.pk}:{kind}:{key}"
    return hmac.new((secret or settings.SECRET_KEY).encode(), text.encode(), hashlib.sha256).hexdigest()


def remember(shop: Shop, identities: Iterable[tuple[str, str]], now: datetime) -> None:
    """Keeps the digests of `(kind, key)`; a number counts as the shop's id, too."""
    ErasedIdentity._base_manager.bulk_create(
        [
            ErasedIdentity(shop=shop, kind=kind, digest=digest(shop, kind, key), erased_at=now)
            for kind, key in set(identities)
        ],
        ignore_conflicts=True,
        batch_size=2000,
    )


def erased_among(shop: Shop, identities: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `(kind, key)` that belong to an erased person. One query while nobody was erased, two at most.

    Digests are made with retired secrets as well (`SECRET_KEY_FALLBACKS`), so that a new secret forgets nobody.
    """
    if not ErasedIdentity._base_manager.filter(shop=shop).exists():
        return set()
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    by_digest = {digest(shop, kind, key, one): (kind, key) for kind, key in set(identities) for one in secrets}
    found = ErasedIdentity._base_manager.filter(shop=shop, digest__in=list(by_digest)).values_list("digest", flat=True)
    return {by_digest[one] for one in found}
