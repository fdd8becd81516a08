"""What must hold before a template is sent: one function, for the editor, for a measure's start, for a campaign.

Each Finding says how grave it is, where, what, and what to do. "error" means: do not send. Nothing is asked over the
network unless the caller passes `ask` (`link_asking.asking`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.core.models import Shop
from regulars.know.customers.models import Customer

from .composing import BlockProblem
from .expressions import Context, show
from .finding import ERROR, NOTE, WARNING, Finding
from .language import For, If, Nodes, Value, as_entries
from .link_checks import Ask, asked_links, written_links
from .models import TemplateVersion
from .price_checks import old_prices
from .rendering import Content, Preview, RenderRefused, Source, preview
from .trial import trial_values

GMAIL_CLIPS = 102 * 1024
LONG_SUBJECT = 60
TRIED = 100


@dataclass(frozen=True)
class Checked:
    """One locale of what is to be sent. problems: those of composing and compiling; then `content` is None.

    version: the frozen one that is sent, where it is one.
    """

    source: Source
    content: Content | None
    problems: Sequence[BlockProblem] = ()
    version: TemplateVersion | None = None


def check(
    shop: Shop,
    written: Mapping[str, Checked],
    now: datetime,
    *,
    audience: "QuerySet[Customer] | None" = None,
    purpose: str = "marketing",
    locales: Iterable[str] = ("de", "en"),
    ask: Ask | None = None,
) -> list[Finding]:
    """Everything that is found, the gravest first.

    written: locale → what is said. audience: who will get it; None takes any customers for the variables and says
    nothing of consent. ask: asks the links whether they answer (not asked by default).
    """
    findings: list[Finding] = []
    people = audience if audience is not None else _anybody(shop)
    sample = list(people.order_by("pk").values_list("pk", flat=True)[:TRIED])
    for locale, one in written.items():
        findings += [Finding(ERROR, "problem", locale, wrong.block, wrong.message) for wrong in one.problems]
        findings += _subject(locale, one.source)
        if one.content is not None:
            findings += _content(shop, locale, one.content, sample, now, purpose)
        if one.version is not None:
            findings += old_prices(shop, one.version)
    if ask is not None:
        findings += asked_links({locale: one.content for locale, one in written.items() if one.content}, ask)
    findings += _languages(written, locales)
    findings += _shop(shop, purpose)
    if audience is not None and purpose != "service":
        findings += _consent(shop, audience)
    return sorted(findings, key=lambda one: (ERROR, WARNING, NOTE).index(one.severity))


def _anybody(shop: Shop) -> "QuerySet[Customer]":
    return Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)


def _subject(locale: str, source: Source) -> list[Finding]:
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


def _content(
    shop: Shop,
    locale: str,
    content: Content,
    sample: Sequence[int],
    now: datetime,
    purpose: str,
) -> list[Finding]:
    values = trial_values(shop, sample or [0], content.names, now)
    findings, shown = _variables(locale, content, values)
    findings += written_links(locale, content)
    if shown is not None:
        findings += _pictures(locale, shown.html)
        findings += _weight(locale, shown.html)
        findings += _foot(shop, locale, shown.html, purpose)
    return findings


def _variables(
    locale: str, content: Content, values: Mapping[int, Mapping[str, Any]]
) -> tuple[list[Finding], Preview | None]:
    """What is missing or empty for real customers; and the longest of their mails."""
    failed: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    longest: Preview | None = None
    for own in values.values():
        try:
            mail = preview(content, own, settings.REGULARS_BASE_URL)
        except RenderRefused as refused:
            failed[str(refused)] += 1
            continue
        if longest is None or len(mail.html) > len(longest.html):
            longest = mail
        empty.update({*_empty(content.subject, own), *_empty(content.html, own)})
    told = len(values)
    findings = [
        Finding(
            ERROR, "variable_missing", locale, "",
            ngettext(
                "%(count)s of %(tried)s customers tried would get nothing: %(reason)s",
                "%(count)s of %(tried)s customers tried would get nothing: %(reason)s",
                count,
            ) % {"count": count, "tried": told, "reason": reason},
            _("Take the variable out, or show the block only where it is filled."),
        )
        for reason, count in failed.items()
    ]  # fmt: skip
    findings += [
        Finding(
            WARNING, "variable_empty", locale, "",
            _("“%(name)s” is empty for %(count)s of %(tried)s customers tried.")
            % {"name": name, "count": count, "tried": told},
            _("Say what stands there instead: {{ %(name)s | default(\"…\") }}.") % {"name": name},
        )
        for name, count in empty.most_common(5)
        if not name.startswith(("unsubscribe.", "preferences.", "open.", "shop."))
    ]  # fmt: skip
    return findings, longest


def _empty(nodes: Nodes, values: Context) -> set[str]:
    """Variables that this reader would see as nothing, along the branches that are shown to them."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, Value) and node.place == "text" and node.expression.names:
            if not show(node.expression.evaluate(values)):
                found.update(node.expression.names)
        elif isinstance(node, If):
            for condition, body in node.branches:
                if condition is None or condition.evaluate(values):
                    found |= _empty(body, values)
                    break
        elif isinstance(node, For):
            for entry in as_entries(node.entries.evaluate(values))[:3]:
                found |= _empty(node.body, {**values, node.name: entry})
    return found


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


def _languages(written: Mapping[str, Checked], locales: Iterable[str]) -> list[Finding]:
    return [
        Finding(
            WARNING, "language_missing", locale, "", _("This language is missing."),
            _("Customers who read it get the other one. Copy it over and translate it."),
        )
        for locale in locales
        if locale not in written
    ]  # fmt: skip


def _shop(shop: Shop, purpose: str) -> list[Finding]:
    findings = []
    if not shop.legal_footer.strip():
        findings.append(
            Finding(
                ERROR, "no_legal_footer", "", "", _("The sender's legal address is missing."),
                _("Write it under Brand: the law asks for it under each mail."),
            )
        )  # fmt: skip
    if not shop.sender_email:
        findings.append(
            Finding(
                WARNING, "no_sender", "", "", _("The shop has no sender's address."), _("Set it under Settings, Sender."),
            )
        )  # fmt: skip
    return findings


def _consent(shop: Shop, audience: "QuerySet[Customer]") -> list[Finding]:
    """The share of the audience that may be written to, as the profiles know it. One query."""
    may = Q(profile__may_email=True, profile__has_objected=False)
    counts = audience.aggregate(total=Count("pk"), reachable=Count("pk", filter=may))
    total, reachable = counts["total"], counts["reachable"]
    if not total:
        return [
            Finding(WARNING, "nobody", "", "", _("Nobody is in the audience."), _("Look at the rule of the segment.")),
        ]
    grouped = partial(number_format, force_grouping=True)
    said = {"reachable": grouped(reachable), "total": grouped(total), "share": round(100 * reachable / total)}
    if not reachable:
        return [
            Finding(
                ERROR, "no_consent", "", "", _("None of the %(total)s customers may be written to.") % said,
                _("Ask for consent first; the gate refuses every one of these mails."),
            )
        ]  # fmt: skip
    severity = WARNING if reachable * 2 < total else NOTE
    return [
        Finding(
            severity, "consent", "", "",
            _("%(reachable)s of %(total)s customers may be written to (%(share)s %%).") % said,
            _("The others are left out by the gate."),
        )
    ]  # fmt: skip


__all__ = ["ERROR", "NOTE", "WARNING", "Checked", "Finding", "check"]
