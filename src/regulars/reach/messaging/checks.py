"""What must hold before a template is sent: one function, for the editor, for a measure's start, for a campaign.

Each Finding says how grave it is, where, what, and what to do. "error" means: do not send. Nothing is asked over the
network unless the caller passes `ask` (`link_asking.asking`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Purpose
from regulars.decide.contact_policy.reachable import reachable_by
from regulars.know.customers.models import Customer

from .channel_kinds import EMAIL, ChannelKind, kind_of
from .composing import BlockProblem
from .expressions import Context, show
from .finding import ERROR, NOTE, WARNING, Finding
from .language import For, If, Nodes, Value, as_entries
from .link_checks import Ask, asked_links, written_links
from .mail_checks import mail_findings, subject_findings
from .models import TemplateVersion
from .price_checks import old_prices
from .rendering import Content, Preview, RenderRefused, Source, preview
from .trial import trial_values

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
        kind = kind_of(one.source.channel)
        if kind.has_subject:
            findings += subject_findings(locale, one.source) if kind.is_mail else _subject(locale, one.source, kind)
        if one.content is not None:
            findings += _content(shop, locale, kind, one.content, sample, now, purpose)
        if one.version is not None:
            findings += old_prices(shop, one.version)
    if ask is not None:
        findings += asked_links({locale: one.content for locale, one in written.items() if one.content}, ask)
    findings += _languages(written, locales)
    channels = dict.fromkeys(one.source.channel for one in written.values())
    if any(kind_of(channel).is_mail for channel in channels):
        findings += _shop(shop)
    if audience is not None and purpose != "service":
        findings += [one for channel in channels for one in _consent(kind_of(channel), audience, purpose)]
    return sorted(findings, key=lambda one: (ERROR, WARNING, NOTE).index(one.severity))


def _anybody(shop: Shop) -> "QuerySet[Customer]":
    return Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)


def _subject(locale: str, source: Source, kind: ChannelKind) -> list[Finding]:
    if source.subject.strip() or not kind.needs_subject:
        return []
    said = _("The line “%(title)s” is empty.") % {"title": kind.subject_title}
    return [Finding(ERROR, "subject_empty", locale, "subject", said, _("Write one."))]


def _content(
    shop: Shop,
    locale: str,
    kind: ChannelKind,
    content: Content,
    sample: Sequence[int],
    now: datetime,
    purpose: str,
) -> list[Finding]:
    values = trial_values(shop, sample or [0], content.names, now)
    findings, shown = _variables(locale, content, values)
    findings += written_links(locale, content)
    if shown is not None and kind.is_mail:
        findings += mail_findings(shop, locale, shown, purpose)
    elif shown is not None:
        findings += [*_length(locale, kind, shown), *kind.checks(shop, locale, content, shown, purpose)]
    return findings


def _length(locale: str, kind: ChannelKind, shown: Preview) -> list[Finding]:
    """Whether the longest text that was tried fits."""
    length = kind.length(shown.text)
    if length is None or not (length.is_long or length.is_too_long):
        return []
    said = {"words": length.words}
    if length.is_too_long:
        return [
            Finding(
                ERROR, "too_long", locale, "text", _("The text is too long: %(words)s.") % said, _("Shorten it."),
            )
        ]  # fmt: skip
    return [
        Finding(WARNING, "long", locale, "text", _("The text is long: %(words)s.") % said, _("Shorten it if you can."))
    ]


def _variables(
    locale: str, content: Content, values: Mapping[int, Mapping[str, Any]]
) -> tuple[list[Finding], Preview | None]:
    """What is missing or empty for real customers; and the longest of what they would get."""
    failed: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    longest: Preview | None = None
    for own in values.values():
        try:
            mail = preview(content, own, settings.REGULARS_BASE_URL)
        except RenderRefused as refused:
            failed[str(refused)] += 1
            continue
        if longest is None or len(mail.html or mail.text) > len(longest.html or longest.text):
            longest = mail
        empty.update({*_empty(content.subject, own), *_empty(content.html or content.text, own)})
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


def _languages(written: Mapping[str, Checked], locales: Iterable[str]) -> list[Finding]:
    return [
        Finding(
            WARNING, "language_missing", locale, "", _("This language is missing."),
            _("Customers who read it get the other one. Copy it over and translate it."),
        )
        for locale in locales
        if locale not in written
    ]  # fmt: skip


def _shop(shop: Shop) -> list[Finding]:
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


def _consent(kind: ChannelKind, audience: "QuerySet[Customer]", purpose: str) -> list[Finding]:
    """The share of the audience that may be contacted, as profiles and consents know it. One query."""
    may = reachable_by(kind.key, purpose if kind.key != EMAIL.key else Purpose.MARKETING)
    counts = audience.aggregate(total=Count("pk"), reachable=Count("pk", filter=may))
    total, reachable = counts["total"], counts["reachable"]
    if not total:
        return [
            Finding(WARNING, "nobody", "", "", _("Nobody is in the audience."), _("Look at the rule of the segment.")),
        ]
    grouped = partial(number_format, force_grouping=True)
    said = {
        "reachable": grouped(reachable),
        "total": grouped(total),
        "share": round(100 * reachable / total),
        "channel": kind.title,
    }
    if not kind.is_mail:
        return _consent_elsewhere(kind, reachable, total, said)
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


def _consent_elsewhere(kind: ChannelKind, reachable: int, total: int, said: Mapping[str, Any]) -> list[Finding]:
    """The same of a channel beside mail, which it names."""
    if not reachable:
        return [
            Finding(
                ERROR, "no_consent", "", "",
                _("None of the %(total)s customers may be contacted on the channel %(channel)s.") % said,
                _("Ask for consent first; the gate refuses every one of them."),
            )
        ]  # fmt: skip
    return [
        Finding(
            WARNING if reachable * 2 < total else NOTE, "consent", "", "",
            _("%(reachable)s of %(total)s customers may be contacted on the channel %(channel)s (%(share)s %%).") % said,
            _("The others are left out by the gate."),
        )
    ]  # fmt: skip


__all__ = ["ERROR", "NOTE", "WARNING", "Checked", "Finding", "check"]
