"""What must hold of a mail: its subject, its pictures, its weight, its foot."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from regulars.core.models import Shop

from .finding import ERROR, NOTE, WARNING, Finding
from .rendering import Preview, Source

GMAIL_CLIPS = 102 * 1024
LONG_SUBJECT = 60


def subject_findings(locale: str, source: Source) -> list[Finding]:
    if not source.subject.strip():
        return [Finding(ERROR, "subject_empty", locale, "subject", _("The subject is empty."), _("Write one."))]
    length = len(re.sub(r"\{[{%#].*?[}%#]\}", "", source.subject))
    if length > LONG_SUBJECT:
        return [
            Finding(
                WARNING, "subject_long", locale, "subject",
                _("The subject has %(length)s characters; phones show about 40 of them.") % {"length": length},
                _("Put what matters first, or shorten it to %(limit)s.") % {"limit": LONG_SUBJECT},
            )
        ]  # fmt: skip
    if not source.preheader.strip():
        return [
            Finding(
                NOTE, "preheader_empty", locale, "preheader", _("There is no preview text."),
                _("Inboxes show it beside the subject; without one they take the first words of the mail."),
            )
        ]  # fmt: skip
    return []


def mail_findings(shop: Shop, locale: str, shown: Preview, purpose: str) -> list[Finding]:
    """What is wrong with a mail as it was rendered."""
    return [*_pictures(locale, shown.html), *_weight(locale, shown.html), *_foot(shop, locale, shown.html, purpose)]


class _Loads(HTMLParser):
    """Images without words, and hosts that a mail would load from."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and not values.get("alt", "").strip() and values.get("width") != "1":
            self.silent.append(values.get("src", "").rsplit("/", 1)[-1][:60])
        for name in ("src", "background", "poster"):
            if values.get(name):
                self.loaded.add(values[name])
        self.loaded.update(re.findall(r"url\(\s*['\"]?([^'\")\s]+)", values.get("style", "")))


def _pictures(locale: str, html: str) -> list[Finding]:
    reader = _Loads()
    reader.feed(html)
    findings = [
        Finding(
            WARNING, "alt_missing", locale, "",
            _("The image %(name)s says nothing to people who do not see it.") % {"name": name},
            _("Describe in a few words what it shows."),
        )
        for name in reader.silent
    ]  # fmt: skip
    own = (settings.REGULARS_BASE_URL + "/", "data:", "cid:")
    foreign = {urlsplit(one).netloc for one in reader.loaded if not one.startswith(own)}
    findings += [
        Finding(
            ERROR, "foreign_host", locale, "",
            _("The mail would load from %(host)s, which then knows who reads it.") % {"host": host},
            _("Upload the image to your library."),
        )
        for host in sorted(foreign)
    ]  # fmt: skip
    return findings


def _weight(locale: str, html: str) -> list[Finding]:
    size = len(html.encode())
    if size <= GMAIL_CLIPS * 0.85:
        return []
    said = {"size": round(size / 1024)}
    if size > GMAIL_CLIPS:
        return [
            Finding(
                ERROR, "too_large", locale, "",
                _("The mail has %(size)s KB. Gmail cuts it off at 102 KB, with the link to unsubscribe.") % said,
                _("Take blocks out, or split it into two mails."),
            )
        ]  # fmt: skip
    return [
        Finding(
            WARNING, "nearly_too_large", locale, "",
            _("The mail has %(size)s KB. From 102 KB on Gmail cuts it off.") % said, _("Add nothing more."),
        )
    ]  # fmt: skip


def _foot(shop: Shop, locale: str, html: str, purpose: str) -> list[Finding]:
    findings = []
    if purpose != "service" and "/u/trial" not in html:
        findings.append(
            Finding(
                ERROR, "no_way_out", locale, "", _("The mail has no link to unsubscribe."),
                _("Put {{ unsubscribe.url }} into a link, or use the layout of the house."),
            )
        )  # fmt: skip
    first = next((line.strip() for line in shop.legal_footer.splitlines() if line.strip()), "")
    if first and first not in html and first.replace("&", "&amp;") not in html:
        findings.append(
            Finding(
                ERROR, "no_address", locale, "", _("The mail does not say who sends it."),
                _("Put {{ shop.address }} at its foot, or use the layout of the house."),
            )
        )  # fmt: skip
    return findings
