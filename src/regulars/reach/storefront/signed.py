"""Who is signed in on the shop's page, in the shop's own words: `NUMBER:EXPIRES:SIGNATURE`.

NUMBER is the customer's number as the shop's exports name it, EXPIRES seconds since 1970, SIGNATURE the HMAC-SHA256
(RFC 2104) of `NUMBER:EXPIRES` with the shop's key, in hexadecimal. Every shop system can make one in a line.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256

LONGEST = timedelta(days=8)
"""A token that holds longer is not taken: whoever copies one from a shared computer should not have it for ever."""
_FORM = re.compile(r"(.{1,64}):(\d{9,11}):([0-9a-fA-F]{64})", re.DOTALL)


def sign(key: str, number: str, expires: datetime) -> str:
    """A token as the shop's own program makes it."""
    said = f"{number}:{int(expires.timestamp())}"
    return f"{said}:{hmac.digest(key.encode(), said.encode(), sha256).hex()}"


def number_in(key: str, token: str, now: datetime) -> str | None:
    """The customer's number that the token names; None for one that this key did not sign, is over, or holds too long."""
    found = _FORM.fullmatch(token)
    if found is None or not key:
        return None
    number, expires, signature = found.groups()
    right = hmac.digest(key.encode(), f"{number}:{expires}".encode(errors="replace"), sha256).hex()
    if not hmac.compare_digest(right, signature.lower()):
        return None
    ends = datetime.fromtimestamp(int(expires), UTC)
    return number if now < ends <= now + LONGEST else None
