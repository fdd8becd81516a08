"""Calls over HTTP to addresses that people type: never into private networks, no redirects by themselves, in time.

Each name is looked up and checked once, so that what it means a moment later does not count. Nothing here touches the
database, so that several calls may run beside each other.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from django.utils.translation import gettext as _

FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What `exchange` may raise beside PrivateAddress; `words_for` puts it into words."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """The address means a private network, this machine, or nothing that can be called from outside."""


@dataclass(frozen=True)
class Reply:
    """Status of an answer, where it leads if it is a redirect, and how long to wait if it says so ("" else). Of its body, as
    much as was asked for.
    """

    status: int
    location: str = ""
    retry_after: str = ""
    body: bytes = b""


def place_of(url: str) -> tuple[str, int]:
    """Host and port that a web address means. Raises ValueError for what is none, or carries a name and password."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.port == 0:
        raise ValueError(f"no web address: {url[:80]}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a name and a password")
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it can be called from outside: no loopback, private, link-local, multicast or reserved one, nor one of these in
    an address of the other kind."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address in _NAT64:
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None and not is_public(inside):
            return False
    return address.is_global and not address.is_multicast


def exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    may_be_private: bool,
    timeout: float,
    most: int = 0,
    on_sending: Callable[[], None] | None = None,
) -> Reply:
    """Sends one call and reads the head of its answer. timeout: seconds for all of it, once the name is looked up.
    on_sending: called right before the first byte of the call goes out: what fails later may have arrived. most: so many
    octets of the body are read.

    Raises PrivateAddress, or one of FAILURES for what goes wrong on the way.
    """
    host, port = place_of(url)
    parts = urlsplit(url)
    ends = time.monotonic() + timeout
    wires = [_connected(host, port, may_be_private, timeout)]
    # A receiver that answers one byte at a time would never meet the timeout of a single read.
    watch = threading.Timer(max(0.001, ends - time.monotonic()), _hang_up, [wires])
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
        if on_sending is not None:
            on_sending()
        connection.request(method, _path(parts), body, dict(headers) | {"Connection": "close"})
        answer = connection.getresponse()
        location = answer.headers.get("Location", "") if 300 <= answer.status < 400 else ""
        body = answer.read(most) if most else b""
        return Reply(answer.status, location, answer.headers.get("Retry-After", ""), body)
    finally:
        watch.cancel()
        wires[0].close()


def _path(parts: SplitResult) -> str:
    """Path and query as they go over the wire: what is written as people write it is encoded."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(path, safe="/%?:@!$&'()*+,;=-._~[]")


def _connected(host: str, port: int, may_be_private: bool, timeout: float) -> socket.socket:
    """A connection to the first of the host's addresses that takes one; private ones are passed over."""
    ends = time.monotonic() + timeout
    failed: OSError | None = None
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not (may_be_private or is_public(ipaddress.ip_address(address[0]))):
            continue
        wire = socket.socket(family, kind, protocol)
        try:
            wire.settimeout(max(0.001, ends - time.monotonic()))
            wire.connect(address)
        except OSError as error:
            wire.close()
            failed = error
        except BaseException:
            wire.close()
            raise
        else:
            return wire
    raise failed or PrivateAddress(host)


def _hang_up(wires: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        wires[0].shutdown(socket.SHUT_RDWR)


def words_for(error: Exception) -> str:
    """What went wrong on the way, and what to look at."""
    if isinstance(error, socket.gaierror | UnicodeError):
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
