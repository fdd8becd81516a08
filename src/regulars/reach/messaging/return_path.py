"""The return path of a message (VERP): `bounces+TOKEN@shop.example`, so that a mail that comes back names its message.

The token is the message's number and a MAC of 8 octets in base32, in small letters: mail systems may change the case.
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b, sha256

from django.conf import settings

_TOKEN = re.compile(r"\+([a-z2-7]{26})@", re.IGNORECASE)
_MAC = 8


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"regulars.messaging.return-path", sha256)


def _mac(key: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=key, digest_size=_MAC).digest()


def maker(address: str) -> Callable[[int], str]:
    """The function that makes the return path of a message from its number. address: where mails come back."""
    local, _at, domain = address.rpartition("@")
    key = _key(settings.SECRET_KEY)

    def path(number: int) -> str:
        payload = number.to_bytes(8, "big")
        return f"{local}+{b32encode(payload + _mac(key, payload)).decode('ascii').rstrip('=').lower()}@{domain}"

    return path


def message_of(address: str) -> int | None:
    """The number of the message that the token in an address names; None for an address that we did not make."""
    found = _TOKEN.search(address)
    if not found:
        return None
    octets = b32decode(found[1].upper() + "======")
    payload, mac = octets[:8], octets[8:]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(mac, _mac(_key(one), payload)) for one in secrets):
        return None
    return int.from_bytes(payload, "big")
