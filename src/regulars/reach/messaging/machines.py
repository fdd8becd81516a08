"""People and machines: the stated rules by which an open or a click is held for a machine's.

Mail scanners follow links to look for malware, privacy proxies load pictures whether or not anybody reads, link previews
fetch what was pasted into a chat. None of them is a customer who responded. The rules use the moment, the link and what the
program calls itself; nothing about the reader is kept for them (no address of a device, no fingerprint).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

AGENT, PROXY, AT_DELIVERY, BURST = "agent", "proxy", "at_delivery", "burst"

RULES: dict[str, Any] = {
    AGENT: _("The program names itself as a machine, or does not name itself."),
    PROXY: _("A privacy proxy that loads pictures of every mail, read or not."),
    AT_DELIVERY: _("Within seconds of the delivery: scanners look at once, people need longer."),
    BURST: _("Three or more different links of one mail within ten seconds."),
}
"""Rule → what it says."""

SETTLE = timedelta(seconds=15)
"""An open or click is judged this long after it came: by then the rest of a burst has come, too."""
TOO_QUICK = {"clicked": timedelta(seconds=5), "opened": timedelta(seconds=2)}
BURST_SPAN = timedelta(seconds=10)
BURST_LINKS = 3

_MACHINES = (
    "bot", "crawler", "spider", "scan", "preview", "python", "curl/", "wget/", "headless", "http-client", "httpclient",
    "go-http", "java/", "okhttp", "libwww", "proofpoint", "mimecast", "barracuda", "safelinks", "monitor", "whatsapp",
    "facebookexternalhit", "slack", "telegram", "discord",
)  # fmt: skip
_PROXIES = {"mozilla/5.0"}
"""Apple's Mail Privacy Protection loads every picture through its proxies and calls itself just that. Gmail's and Yahoo's
image proxies load a picture when the mail is opened, so they count as people."""


def by_agent(agent: str) -> str:
    """The rule that holds for what a program calls itself; "" for a person's."""
    name = agent.strip().lower()
    if name in _PROXIES:
        return PROXY
    return AGENT if not name or any(word in name for word in _MACHINES) else ""


def by_time(kind: str, at: datetime, sent_at: datetime | None) -> str:
    """The rule that holds for the moment of an open or click; "" for a person's."""
    return AT_DELIVERY if sent_at is not None and at - sent_at < TOO_QUICK[kind] else ""


def burst(clicks: Sequence[tuple[datetime, Any]]) -> set[datetime]:
    """Moments of the clicks of one message, given in order of time, that lie in a span with too many different links."""
    found: set[datetime] = set()
    start = 0
    for end, (at, _link) in enumerate(clicks):
        while at - clicks[start][0] > BURST_SPAN:
            start += 1
        window = clicks[start : end + 1]
        if len({link for _at, link in window}) >= BURST_LINKS:
            found |= {moment for moment, _link in window}
    return found
