"""A signed call over HTTP, as the Standard Webhooks specification 1.0 asks: no redirects, no private addresses, in time.

Nothing here touches the database, so that several calls may run beside each other.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

TIMEOUT = 10.0
"""Seconds for the whole call, from looking the name up to the answer's first line."""
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
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or parts.username or parts.password:
        raise Refused(_("This is not an address such as https://example.com/hooks."))
    if parts.scheme == "http" and not may_be_private:
        raise Refused(_("The address must begin with https://, so that nobody reads along."))
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not may_be_private and not _is_public(literal):
        raise Refused(_("The address lies in a private network; the setting REGULARS_PRIVATE_WEBHOOKS allows that."))


def call(
    url: str, secret: str, message_id: str, body: str, now: datetime, *, may_be_private: bool, timeout: float = TIMEOUT
) -> Answer:
    """Sends one call; never raises for what the other side does."""
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Regulars",
        "Connection": "close",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    try:
        check_url(url, may_be_private=may_be_private)
        return _send(url, body.encode(), headers, may_be_private, timeout)
    except Refused as refused:
        return Answer(None, str(refused))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, words_for(error))


def words_for(error: Exception) -> str:
    """What went wrong on the way, and what to look at."""
    if isinstance(error, socket.gaierror):
        return _("There is no such server: look whether the address is spelt right.")
    if isinstance(error, TimeoutError):
        return _("The server did not answer in time.")
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The certificate of the server is not valid: %(reason)s.") % {"reason": error.verify_message}
    if isinstance(error, ssl.SSLError):
        return _("No encrypted connection came about.")
    if isinstance(error, ConnectionRefusedError):
        return _("The server takes no connection at this address.")
    if isinstance(error, ConnectionError | http.client.RemoteDisconnected):
        return _("The connection broke off.")
    return _("The call failed on its way (%(kind)s).") % {"kind": type(error).__name__}


def _send(url: str, body: bytes, headers: dict[str, str], may_be_private: bool, timeout: float) -> Answer:
    parts = urlsplit(url)
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    wires = [_connect(host, port, may_be_private, timeout)]
    # A receiver that answers one byte at a time would never meet the timeout of a single read.
    watch = threading.Timer(timeout, _hang_up, [wires])
    watch.daemon = True
    watch.start()
    try:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        if parts.scheme == "https":
            connection.default_port = 443
            context = ssl.create_default_context()
            secure = context.wrap_socket(wires[0], server_hostname=host, do_handshake_on_connect=False)
            wires[0] = secure
            secure.do_handshake()
        connection.sock = wires[0]
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
        if 300 <= status < 400:
            return Answer(status, _("The address leads elsewhere; redirects are not followed."))
        return Answer(status)
    finally:
        watch.cancel()
        wires[0].close()


def _connect(host: str, port: int, may_be_private: bool, timeout: float) -> socket.socket:
    """A connection to an address that was looked up and checked once: what the name means later does not count."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _name, address in found:
        if may_be_private or _is_public(ipaddress.ip_address(address[0])):
            wire = socket.socket(family, kind, protocol)
            wire.settimeout(timeout)
            try:
                wire.connect(address)
            except BaseException:
                wire.close()
                raise
            return wire
    raise Refused(_("The address lies in a private network; the setting REGULARS_PRIVATE_WEBHOOKS allows that."))


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast


def _hang_up(wires: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        wires[0].shutdown(socket.SHUT_RDWR)
