"""What can be wrong with the links of a template: as they are written, and, where somebody asks, whether they answer."""

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .finding import ERROR, NOTE, WARNING, Finding
from .language import Nodes, Text
from .rendering import Content

Ask = Callable[[Sequence[str]], Mapping[str, str | None]]
"""Asks addresses whether they answer: what is wrong with each, in words; "" for nothing, None for not asked."""
REDIRECTORS = frozenset(
    {
        "bit.ly", "t.co", "goo.gl", "tinyurl.com", "ow.ly", "buff.ly", "lnkd.in", "fb.me", "is.gd",
        "cutt.ly", "rebrand.ly", "t.ly", "shorturl.at", "doubleclick.net", "googleadservices.com",
    }
)  # fmt: skip
"""Hosts that count readers before they lead on."""
_HERE = re.compile(
    r"localhost|.*\.(?:local|localhost|internal|test|invalid)|127\..*|0\.0\.0\.0|10\..*|192\.168\..*|\[?::1\]?"
)


def written_links(locale: str, content: Content) -> list[Finding]:
    """What is wrong with the links as they are written."""
    found = (_wrong_with(address) for nodes in content.links if (address := _beginning(nodes)))
    return [
        Finding(severity, code, locale, "", message, remedy) for severity, code, message, remedy in filter(None, found)
    ]


def asked_links(contents: Mapping[str, Content], ask: Ask) -> list[Finding]:
    """Which of the links do not answer. contents: locale → content. Each address is asked once, and none with a value in it."""
    places: dict[str, str] = {}
    for locale, content in contents.items():
        for nodes in content.links:
            address = _beginning(nodes)
            wrong = _wrong_with(address) if address else None
            is_whole = len(nodes) == 1 and address.lower().startswith(("http://", "https://"))
            is_ours = address.startswith(settings.REGULARS_BASE_URL)
            if is_whole and not is_ours and (wrong is None or wrong[0] != ERROR):
                places.setdefault(address, locale)
    if not places:
        return [Finding(NOTE, "links_answer", "", "", _("There is no link that could be asked."))]
    answers = ask(list(places))
    findings = [
        Finding(
            WARNING, "link_dead", places[address], "",
            _("“%(address)s” does not answer as it should: %(reason)s") % {"address": address[:80], "reason": reason},
            _("Open it in a browser, and correct the link or the page."),
        )
        for address, reason in answers.items()
        if reason
    ]  # fmt: skip
    late = sum(reason is None for reason in answers.values())
    if late:
        words = ngettext(
            "%(count)s link was not asked: time ran out.", "%(count)s links were not asked: time ran out.", late
        )
        findings.append(
            Finding(WARNING, "links_not_asked", "", "", words % {"count": late}, _("Check the links again."))
        )
    elif not findings:
        words = ngettext("%(count)s link answers.", "All %(count)s links answer.", len(answers))
        findings.append(Finding(NOTE, "links_answer", "", "", words % {"count": len(answers)}))
    return findings


def _beginning(nodes: Nodes) -> str:
    """The text with which an address begins; empty for one that begins with a value: that is seen where it is given."""
    return nodes[0].text if nodes and isinstance(nodes[0], Text) else ""


def _wrong_with(address: str) -> tuple[str, str, str, str] | None:
    """Severity, code, what, and what to do; None for nothing."""
    said = {"address": address[:80]}
    scheme, _sep, rest = address.partition(":")
    if scheme.lower() in ("mailto", "tel", "#"):
        return (
            None
            if rest
            else (ERROR, "link_broken", _("“%(address)s” leads nowhere.") % said, _("Complete the address."))
        )
    try:
        host = (urlsplit(address).hostname or "").lower()
    except ValueError:
        host = ""
    if " " in address or ("." not in host and not _HERE.fullmatch(host)):
        return (
            ERROR,
            "link_broken",
            _("“%(address)s” is no web address.") % said,
            _("Write it whole, as a browser shows it."),
        )
    if _HERE.fullmatch(host) and not address.startswith(settings.REGULARS_BASE_URL):
        return (
            ERROR,
            "link_local",
            _("“%(address)s” works on this machine only.") % said,
            _("Put the shop's public address there."),
        )
    if any(host == one or host.endswith(f".{one}") for one in REDIRECTORS):
        return (
            WARNING, "link_redirector", _("“%(address)s” leads through a foreign counter.") % said,
            _("Link to the page itself: readers see where they go, and nobody else counts them."),
        )  # fmt: skip
    if scheme.lower() == "http":
        return WARNING, "link_insecure", _("“%(address)s” is not encrypted.") % said, _("Use https://.")
    return None
