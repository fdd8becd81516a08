"""What is looked at before a journey is published or a campaign starts: its mails, and how large a part of all it reaches.

Errors refuse. Warnings, and the number where nearly everybody would be written to, have to be confirmed by whoever starts it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import ngettext

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.tallies import counted
from regulars.decide.contact_policy.reachable import reachable_by
from regulars.decide.segments.tallies import REACHABLE
from regulars.journeys.document import Document, step_place, text_in
from regulars.journeys.kinds import trigger_kinds
from regulars.journeys.playbook import MAIL, Message, Playbook
from regulars.journeys.voucher_checks import voucher_findings
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.checks import ERROR, NOTE, WARNING, Checked, Finding, check
from regulars.reach.messaging.composing import BlockProblem
from regulars.reach.messaging.link_checks import Ask
from regulars.reach.messaging.models import Template, TemplateVersion
from regulars.reach.messaging.rendering import Source, TemplateRefused
from regulars.reach.messaging.trial import sample_values

CAMPAIGN = "campaign"
"""The kind of trigger that takes its audience in once, at the start; others also take in who comes later."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and where it is. step: key of the step that sends the mail; mail: its name; place: the step in words.

    All three are empty for what concerns the shop or the audience.
    """

    step: str
    mail: str
    place: str
    finding: Finding

    def __str__(self) -> str:
        where = f"{self.mail} ({self.finding.locale})" if self.finding.locale else self.mail
        return ": ".join(one for one in (self.place, where, self.words) if one)

    @property
    def words(self) -> str:
        """What, and what to do."""
        return f"{self.finding.message} {self.finding.remedy}".strip()


class NotReady(Refused):
    """It was not started: mails have errors, or somebody has to confirm what was found.

    Code `checks` where errors refuse; `warnings`, `everybody` where a confirmation is missing. people: the number to be
    said, None where nobody asks for it.
    """

    def __init__(self, found: Sequence[Found], people: int | None = None, code: str = "warnings") -> None:
        self.found, self.people = list(found), people
        lines = [str(one) for one in (errors_in(found) if code == "checks" else warnings_in(found))]
        if people is not None and code != "checks":
            lines.append(everybody_words(people))
        super().__init__("\n".join(lines), code=code)

    @property
    def fingerprint(self) -> str:
        """What a confirmation names: another warning asks again."""
        return fingerprint(self.found)


def errors_in(found: Sequence[Found]) -> list[Found]:
    """Those that keep it from starting."""
    return [one for one in found if one.finding.severity == ERROR]


def warnings_in(found: Sequence[Found]) -> list[Found]:
    """Those that somebody has to confirm."""
    return [one for one in found if one.finding.severity == WARNING]


def fingerprint(found: Sequence[Found]) -> str:
    """Names these warnings, by what and where: a count that moved meanwhile is no other warning. Empty without one."""
    said = sorted({(one.step, one.finding.locale, one.finding.block, one.finding.code) for one in warnings_in(found)})
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said else ""


def look(
    shop: Shop, document: Mapping[str, Any], wording: Playbook | Document, now: datetime, ask: Ask | None = None
) -> list[Found]:
    """All that is found in the mails of a checked document, the gravest first, each thing once.

    The variables are tried on customers whom the trigger would take in. wording: who says the messages it carries. ask: asks
    the links whether they answer.
    """
    trigger = dict(document["trigger"])
    kind = trigger.pop("kind")
    audience = trigger_kinds()[kind].audience(shop, trigger, now)
    purpose = document.get("purpose", "marketing")
    found: list[Found] = []
    seen = set()
    for step, mail, place, written in _mails(shop, document, wording):
        contents = {locale: one.content for locale, one in written.items()}
        said = voucher_findings(document["steps"], step, contents, sample_values(shop))
        for one in [*said, *check(shop, written, now, audience=audience, purpose=purpose, ask=ask)]:
            if kind != CAMPAIGN:
                one = _later_too(one)
            # What concerns the shop or the audience is said once, not for each mail.
            is_general = not one.locale and not one.block
            key = (one.code, one.message) if is_general else (step, one.locale, one.block, one.code, one.message)
            if key not in seen:
                seen.add(key)
                found.append(Found("", "", "", one) if is_general else Found(step, mail, place, one))
    return sorted(found, key=lambda one: (ERROR, WARNING, NOTE).index(one.finding.severity))


def _later_too(one: Finding) -> Finding:
    """A journey also takes in who comes later: nobody there today, or nobody with consent, is worth a word, no more."""
    if one.code == "no_consent":
        return replace(one, severity=WARNING)
    return replace(one, severity=NOTE) if one.code == "nobody" else one


def _mails(
    shop: Shop, document: Mapping[str, Any], wording: Playbook | Document
) -> Iterator[tuple[str, str, str, dict[str, Checked]]]:
    """Key of the step, name of the mail, the step in words, what the mail says in each language.

    A template that is not there is refused elsewhere, with its place.
    """
    keys = {one.get("params", {}).get("template") for one in document["steps"]} - {None}
    templates = {one.key: one for one in Template._base_manager.filter(shop=shop, key__in=keys).select_related("shop")}
    for number, one in enumerate(document["steps"], start=1):
        params, place = one.get("params", {}), step_place(number, one["key"], one["kind"])
        if params.get("template") in templates:
            template = templates[params["template"]]
            yield one["key"], template.name, place, _of_template(template, params.get("subject"))
        elif params.get("message"):
            name = params["message"]
            title = wording.message_names.get(name)
            written = {said.locale: compiled(source_said(shop, name, said)) for said in wording.messages(name)}
            yield one["key"], str(title or name), place, written


def source_said(shop: Shop, name: str, said: Message) -> Source:
    """What a journey's own message says in one language, in the shop's look."""
    return messaging.source_on(
        said.channel, name, said.locale, said.subject, said.source, said.preheader, said.text, messaging.look_of(shop)
    )


def _of_template(template: Template, subject: Any) -> dict[str, Checked]:
    latest: dict[str, TemplateVersion] = {}
    for version in TemplateVersion.objects.filter(template=template).order_by("version"):
        version.template = template
        latest[version.locale] = version
    written = {}
    for locale, version in sorted(latest.items()):
        own = text_in(subject, locale) if isinstance(subject, str) else (subject or {}).get(locale, "")
        source = messaging.source_of(version)
        written[locale] = replace(compiled(replace(source, subject=own or source.subject)), version=version)
    return written


def compiled(source: Source) -> Checked:
    """What is to be sent in one language, with what keeps it from being sent at all."""
    try:
        return Checked(source, messaging.compiled_source(source))
    except TemplateRefused as refused:
        lines = [BlockProblem("", "", one.words) for one in refused.problems]
        return Checked(source, None, lines)


def people_at_once(
    shop: Shop, document: Mapping[str, Any], now: datetime, *, take_present: bool
) -> tuple[int, int] | None:
    """How many members of its segment a journey writes to at once or by the calendar, and how many the shop can reach.

    None where the trigger takes nobody in by a segment. Two queries.
    """
    trigger = dict(document["trigger"])
    kind = trigger_kinds()[trigger.pop("kind")]
    if not (kind.takes_members or (kind.takes_present and take_present)):
        return None
    members = kind.audience(shop, trigger, now).filter(reachable_by(document.get("channel", MAIL)))
    return members.count(), reachable(shop)


def reachable(shop: Shop) -> int:
    """How many customers the shop may write to, by their profiles, from the kept number. One query."""
    return sum(counted(REACHABLE, [shop.pk])[shop.pk].values())


def is_everybody(people: int, of_all: int) -> bool:
    """Whether these are so large a part of all whom the shop can reach that somebody must say the number."""
    return people > 0 and of_all > 0 and 100 * people > settings.REGULARS_CAMPAIGN_ASKS_ABOVE * of_all


def is_said(agreed: int | None, people: int) -> bool:
    """Whether the number that somebody confirmed is this one; a few may have come meanwhile."""
    return agreed is not None and abs(agreed - people) <= max(5, people // 50)


def everybody_words(people: int) -> str:
    """The question."""
    words = ngettext(
        "It would go to %(n)s person, more than %(share)s %% of all whom you can reach. Confirm the number.",
        "It would go to %(n)s people, more than %(share)s %% of all whom you can reach. Confirm the number.",
        people,
    )
    return words % {"n": number_format(people, force_grouping=True), "share": settings.REGULARS_CAMPAIGN_ASKS_ABOVE}


def must_be_ready(
    shop: Shop,
    document: Mapping[str, Any],
    wording: Playbook | Document,
    now: datetime,
    *,
    take_present: bool = False,
    confirmed: str | None = None,
    agreed: int | None = None,
) -> None:
    """Raises NotReady where a checked document must not start yet.

    confirmed: the fingerprint of the warnings that somebody has seen; None where a program starts it, which nobody can ask.
    agreed: the number of people that somebody confirmed.
    """
    found = look(shop, document, wording, now)
    if errors_in(found):
        raise NotReady(found, code="checks")
    counted = people_at_once(shop, document, now, take_present=take_present)
    asks = counted is not None and is_everybody(*counted) and not is_said(agreed, counted[0])
    if asks or (confirmed is not None and confirmed != fingerprint(found)):
        raise NotReady(found, counted[0] if asks and counted else None, "everybody" if asks else "warnings")


__all__ = ["Found", "NotReady", "errors_in", "look", "must_be_ready", "warnings_in"]
