"""A signed call over HTTP, as the Standard Webhooks specification 1.0 asks: no redirects, no private addresses, in time.

Nothing here touches the database, so that several calls may run beside each other.
"""

import base64
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from regulars.core import outbound
from regulars.core.errors import Refused

TIMEOUT = 10.0
"""Seconds for the whole call, once the name is looked up, to the answer's first line."""
PREFIX = "whsec_"


@dataclass(frozen=True)
class Answer:
    """What came of a call: status of the answer, None where there was none; error: words for people."""

    status: int | None
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, with the bytes that the secret encodes."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def check_url(url: str, *, may_be_private: bool) -> None:
    """Raises Refused for an address that no call may go to, as far as it shows."""
    try:
        host, _port = outbound.place_of(url)
    except ValueError:
        raise Refused(_("This is not an address such as https://example.com/hooks.")) from None
    if urlsplit(url).scheme == "http" and not may_be_private:
        raise Refused(_("The address must begin with https://, so that nobody reads along."))
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if not may_be_private and not outbound.is_public(literal):
        raise Refused(_private())


def _private() -> str:
    return _("The address lies in a private network; the setting REGULARS_PRIVATE_WEBHOOKS allows that.")


def call(
    url: str, secret: str, message_id: str, body: str, now: datetime, *, may_be_private: bool, timeout: float = TIMEOUT
) -> Answer:
    """Sends one call; never raises for what the other side does."""
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Regulars",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    try:
        check_url(url, may_be_private=may_be_private)
        status = outbound.exchange(
            "POST", url, headers, body.encode(), may_be_private=may_be_private, timeout=timeout
        ).status
    except Refused as refused:
        return Answer(None, str(refused))
    except outbound.PrivateAddress:
        return Answer(None, _private())
    except outbound.FAILURES as error:
        return Answer(None, outbound.words_for(error))
    if 300 <= status < 400:
        return Answer(status, _("The address leads elsewhere; redirects are not followed."))
    return Answer(status)
