"""Asking links whether they answer: HEAD, then GET, a few at a time, within a time, never into private networks.

Sent is the address as it stands in the template: no value of a customer, no cookie, no referrer.
"""

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import partial
from urllib.parse import urljoin

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from regulars.core import outbound
from regulars.core.models import Shop

from .link_checks import Ask

AT_ONCE = 4
TIMEOUT = 6.0
"""Seconds for one link with all to which it leads on."""
ALTOGETHER = 20.0
"""Seconds for all of them: somebody waits for it."""
MOST_HOPS = 5
HEADERS = {"User-Agent": "Regulars (link check)", "Accept": "text/html,*/*"}
TURNED_AWAY = (401, 403, 405, 406, 429)
"""What servers say to programs, and not to people."""


def asking(shop: Shop) -> Ask:
    """What `checks.check` asks the links of a shop with. The shop's own website may lie in a private network."""
    try:
        own = frozenset({outbound.place_of(shop.website)})
    except ValueError:
        own = frozenset()
    return partial(ask_links, own=own)


def ask_links(
    addresses: Sequence[str],
    *,
    own: frozenset[tuple[str, int]] = frozenset(),
    may_be_private: bool = False,
    timeout: float = TIMEOUT,
    altogether: float = ALTOGETHER,
) -> dict[str, str | None]:
    """What is wrong with each address, in words; "" for nothing, None for what could not be asked in time.

    own: (host, port) that may lie in a private network; may_be_private: all may.
    """
    language = get_language() or "en"

    def ask(address: str) -> str:
        with override(language):
            return _wrong_with(address, own, may_be_private, time.monotonic() + timeout)

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links")
    asked = {address: pool.submit(ask, address) for address in dict.fromkeys(addresses)}
    done, _late = wait_for(asked.values(), altogether)
    pool.shutdown(wait=False, cancel_futures=True)
    return {address: one.result() if one in done else None for address, one in asked.items()}


def _wrong_with(address: str, own: frozenset[tuple[str, int]], may_be_private: bool, ends: float) -> str:
    for _hop in range(MOST_HOPS + 1):
        try:
            place = outbound.place_of(address)
        except ValueError:
            return _("It leads to something that is no web address.")
        try:
            reply = _reply(address, may_be_private or place in own, ends)
        except outbound.PrivateAddress:
            return _("It leads into a private network, where readers cannot go.")
        except outbound.FAILURES as error:
            return outbound.words_for(error)
        if not reply.location:
            return _in_words(reply.status)
        address = urljoin(address, reply.location)
    return _("It leads on and on, without end.")


def _reply(address: str, is_free: bool, ends: float) -> outbound.Reply:
    """The answer to HEAD; to GET where that is no good, since some servers do not know HEAD."""
    try:
        reply = outbound.exchange("HEAD", address, HEADERS, may_be_private=is_free, timeout=_left(ends))
        if reply.status < 400:
            return reply
    except (ConnectionResetError, http.client.HTTPException):  # it hung up on HEAD
        pass
    return outbound.exchange("GET", address, HEADERS, may_be_private=is_free, timeout=_left(ends))


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _in_words(status: int) -> str:
    if status < 400:
        return ""
    if status in (404, 410):
        return _("There is no such page (%(status)s).") % {"status": status}
    if status in TURNED_AWAY:
        return _("The server turns programs away (%(status)s); people may well see the page.") % {"status": status}
    if status >= 500:
        return _("The server reports a fault of its own (%(status)s).") % {"status": status}
    return _("The server refuses the page (%(status)s).") % {"status": status}
