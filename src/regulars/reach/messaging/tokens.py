"""Tokens in links: which message, which link, until when; signed, so that nobody can make one up or change one.

A token is 27 octets in base64url: the message (8), the number of the link (2), the hour of expiry since 1970 (4), and
a MAC of 13 octets, keyed BLAKE2b (RFC 7693), over these. Its key is derived from the installation's
secret. Where each sign counts (SMS) it is 16 octets, so 22 signs: the message (5), the link (1), the day of expiry (2), a
MAC of 8, which nobody can try out but by asking us.
"""

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256

from django.conf import settings

CLICK, OPEN, UNSUBSCRIBE = b"click", b"open", b"unsubscribe"
PREFERENCES, CONFIRM = b"preferences", b"confirm"
LIVES = {
    CLICK: timedelta(days=400),
    OPEN: timedelta(days=400),
    UNSUBSCRIBE: timedelta(days=3650),
    PREFERENCES: timedelta(days=400),
    CONFIRM: timedelta(days=14),
}
"""What a token is for → how long it holds. A confirmation names a sign-up where the others name a message."""
_PAYLOAD = struct.Struct(">QHI")
_MAC = 13
_LENGTH = 36
_SHORT = struct.Struct(">BIBH")
_SHORT_MAC = 8
_SHORT_LENGTH = 22
_MOST_SHORT = 1 << 40


@dataclass(frozen=True, slots=True)
class Token:
    """What a good token says. is_expired: signed by us, but too old."""

    message: int
    link: int
    is_expired: bool


@lru_cache(maxsize=32)
def _key(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"regulars.messaging." + purpose, sha256)


def _mac(key: bytes, payload: bytes) -> bytes:
    return blake2b(payload, key=key, digest_size=_MAC).digest()


def expiry_hour(purpose: bytes, now: datetime) -> int:
    """The hour at which a token made now ends."""
    return int((now + LIVES[purpose]).timestamp()) // 3600


def maker(purpose: bytes, hour: int) -> Callable[[int, int], str]:
    """The function that makes tokens of this purpose from a message and a link. hour: as `expiry_hour` gave it."""
    key, pack = _key(settings.SECRET_KEY, purpose), _PAYLOAD.pack

    def token(message: int, link: int) -> str:
        payload = pack(message, link, hour)
        return urlsafe_b64encode(payload + blake2b(payload, key=key, digest_size=_MAC).digest()).decode("ascii")

    return token


def short_maker(purpose: bytes, hour: int) -> Callable[[int, int], str]:
    """As `maker`, of short tokens. What does not fit (a link beyond 255) gets a long one."""
    key, pack, long = _key(settings.SECRET_KEY, purpose + b".short"), _SHORT.pack, maker(purpose, hour)

    def token(message: int, link: int) -> str:
        if message >= _MOST_SHORT or link > 0xFF:
            return long(message, link)
        payload = pack(message >> 32, message & 0xFFFFFFFF, link, hour // 24)
        mac = blake2b(payload, key=key, digest_size=_SHORT_MAC).digest()
        return urlsafe_b64encode(payload + mac).decode("ascii").rstrip("=")

    return token


def make(purpose: bytes, message: int, link: int, hour: int) -> str:
    """One token."""
    return maker(purpose, hour)(message, link)


def read(purpose: bytes, token: str, now: datetime) -> Token | None:
    """What the token says, or None for one that we did not make for this purpose."""
    is_short = len(token) == _SHORT_LENGTH
    if not (is_short or len(token) == _LENGTH) or not token.isascii():
        return None
    try:
        octets = urlsafe_b64decode(token + "==" if is_short else token)
    except (Error, ValueError):
        return None
    if is_short:
        return _read_short(purpose, octets, now)
    payload, mac = octets[: _PAYLOAD.size], octets[_PAYLOAD.size :]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(mac, _mac(_key(one, purpose), payload)) for one in secrets):
        return None
    message, link, hour = _PAYLOAD.unpack(payload)
    return Token(message, link, hour * 3600 < now.timestamp())


def _read_short(purpose: bytes, octets: bytes, now: datetime) -> Token | None:
    payload, mac = octets[: _SHORT.size], octets[_SHORT.size :]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (_key(one, purpose + b".short") for one in secrets)
    if not any(hmac.compare_digest(mac, blake2b(payload, key=key, digest_size=_SHORT_MAC).digest()) for key in keys):
        return None
    high, low, link, day = _SHORT.unpack(payload)
    return Token((high << 32) | low, link, (day + 1) * 86400 < now.timestamp())
