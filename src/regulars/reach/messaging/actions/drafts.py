"""Verbs of writing: begin a template, save its drafts, publish them, take them away."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.composing import Block, BlockProblem, clean, compose, composing_for
from regulars.reach.messaging.look import HOUSE
from regulars.reach.messaging.models import Message, Template, TemplateDraft, TemplateVersion
from regulars.reach.messaging.rendering import Content, Source, TemplateRefused, compile_source

from .templates import freeze, known_variables, look_of, source_on

LONGEST_TEXT = 20_000
"""Characters that are kept of what is written on a channel of plain text; what may be sent is the channel's to say."""
LOCALES = ("de", "en")


@dataclass(frozen=True)
class Written:
    """What stands in the editor in one locale. revision: 0 where nothing was saved yet. text: on channels of plain text,
    which have no blocks.
    """

    locale: str
    subject: str
    preheader: str
    blocks: list[Block]
    revision: int
    is_published: bool
    version: int
    text: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.blocks and not self.subject and not self.text.strip()


@dataclass(frozen=True)
class Compiled:
    """A draft, composed and compiled: `content` is None where `problems` kept it from that."""

    source: Source
    content: Content | None
    problems: list[BlockProblem]


def written(template: Template, locale: str) -> Written:
    """The draft, else the latest version: MJML that was never composed of blocks becomes one block of MJML."""
    latest = TemplateVersion.objects.filter(template=template, locale=locale).order_by("-version").first()
    number = latest.version if latest else 0
    draft = TemplateDraft.objects.filter(template=template, locale=locale).first()
    # MJML that a measure brought later than the draft is what is sent, so it is what is shown.
    if draft is not None and (latest is None or draft.updated_at >= latest.created_at or not draft.is_published):
        return Written(
            locale, draft.subject, draft.preheader, clean(draft.blocks), draft.revision, draft.is_published, number,
            draft.text,
        )  # fmt: skip
    revision = draft.revision if draft else 0
    if latest is None:
        return Written(locale, "", "", [], revision, False, 0)
    if not kind_of(template.channel).is_mail:
        return Written(locale, latest.subject, "", [], revision, True, number, latest.text)
    blocks = latest.blocks or [{"id": "mjml", "kind": "mjml", "values": {"source": latest.source}, "slots": []}]
    return Written(locale, latest.subject, latest.preheader, clean(blocks), revision, True, number)


@transaction.atomic
def begin_template(
    shop: Shop,
    name: str,
    drafts: Mapping[str, tuple[str, str, Sequence[Mapping[str, Any]]]],
    now: datetime,
    *,
    staff: Staff | None = None,
    channel: str = "email",
) -> Template:
    """A new template with its drafts: locale → subject, preheader, blocks. Its key is made of the name.

    channel: what it is for; one of plain text begins without drafts. Raises Refused for a channel that is not there.
    """
    kind_of(channel)
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused(_("Give the template a name."), code="name")
    key = f"{slugify(name)[:48] or 'template'}-{secrets.token_hex(3)}"
    template = Template._base_manager.create(shop=shop, key=key, name=name, channel=channel)
    for locale, (subject, preheader, blocks) in drafts.items():
        _store(template, locale, subject, preheader, clean(list(blocks)), "", now, staff, None)
    audit("template.begun", now=now, shop=shop, staff=staff, target=template, name=name, channel=channel)
    return template


@transaction.atomic
def rename_template(template: Template, name: str, now: datetime, *, staff: Staff | None = None) -> None:
    """Gives it another name. Raises Refused for none."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused(_("Give the template a name."), code="name")
    if name != template.name:
        template.name = name
        template.save(update_fields=["name"])
        audit("template.renamed", now=now, shop=template.shop, staff=staff, target=template, name=name)


@transaction.atomic
def save_draft(
    template: Template,
    locale: str,
    revision: int,
    subject: str,
    preheader: str,
    blocks: object,
    now: datetime,
    *,
    text: str = "",
    staff: Staff | None = None,
) -> TemplateDraft:
    """Saves what is being written. revision: that of the draft it was made from; Refused ("changed") where it is an older
    one, so that nobody's words are lost. What is not finished may be saved; what is no tree of blocks is refused. text: on
    channels of plain text, of which blocks are none.
    """
    if locale not in LOCALES:
        raise Refused(_("There is no such language."), code="locale")
    kind = kind_of(template.channel)
    if kind.is_mail:
        return _store(template, locale, subject, preheader, clean(blocks), "", now, staff, revision)
    if len(text) > LONGEST_TEXT:
        raise Refused(_("The text is longer than %(most)s characters.") % {"most": LONGEST_TEXT}, code="size")
    line = subject if kind.has_subject else ""
    return _store(template, locale, line, "", [], text.replace("\r\n", "\n"), now, staff, revision)


def _store(
    template: Template,
    locale: str,
    subject: str,
    preheader: str,
    blocks: list[Block],
    text: str,
    now: datetime,
    staff: Staff | None,
    revision: int | None,
) -> TemplateDraft:
    draft = TemplateDraft.objects.select_for_update().filter(template=template, locale=locale).first()
    if draft is None:
        draft = TemplateDraft(template=template, locale=locale, revision=0)
        audit("template.draft_begun", now=now, shop=template.shop, staff=staff, target=template, locale=locale)
    if revision is not None and revision != draft.revision:
        raise Refused(
            _("Somebody else changed this template meanwhile. Load the page again to see it."), code="changed"
        )
    draft.subject, draft.preheader = " ".join(subject.split())[:200], " ".join(preheader.split())[:200]
    draft.blocks, draft.text = blocks, text
    draft.revision += 1
    draft.is_published = False
    draft.updated_at, draft.updated_by = now, staff
    draft.save()
    return draft


def compiled(
    shop: Shop, template: Template, written: Written, *, is_marked: bool = False, look: Any = None
) -> Compiled:
    """Composes and compiles what stands in the editor; every problem at its block ("subject", "preheader", "text" for those)."""
    if not kind_of(template.channel).is_mail:
        return _compiled_text(template, written)
    look = look or look_of(shop)
    composed = compose(written.blocks, composing_for(shop, written.blocks, written.locale, look, is_marked=is_marked))
    source = Source(template.key, written.locale, written.subject, composed.source, written.preheader, look=look)
    problems = list(composed.problems)
    try:
        content = compile_source(source, known_variables(), settings.REGULARS_BASE_URL)
    except TemplateRefused as refused:
        for one in refused.problems:
            owner = one.part
            if one.part == "mjml":
                owner = composed.owners[min(one.line, len(composed.owners)) - 1] if composed.owners else ""
            problems.append(BlockProblem(owner, "", one.message))
        return Compiled(source, None, problems)
    return Compiled(source, content, problems)


def _compiled_text(template: Template, written: Written) -> Compiled:
    source = source_on(template.channel, template.key, written.locale, written.subject, "", "", written.text, HOUSE)
    try:
        return Compiled(source, compile_source(source, known_variables(), settings.REGULARS_BASE_URL), [])
    except TemplateRefused as refused:
        problems = [BlockProblem(one.part, "", one.words) for one in refused.problems]
        return Compiled(source, None, problems)


@transaction.atomic
def publish_template(
    shop: Shop, template: Template, now: datetime, *, staff: Staff | None = None
) -> list[TemplateVersion]:
    """Freezes what is written in each language that has something, as the version that is sent from now on.

    Idempotent: what says the same as its latest version stays that. Raises Refused where a draft has a problem, and
    freezes nothing then.
    """
    versions = []
    for locale in LOCALES:
        draft = TemplateDraft.objects.select_for_update().filter(template=template, locale=locale).first()
        if draft is None:
            continue
        one = written(template, locale)
        if one.is_empty:
            continue
        result = compiled(shop, template, one)
        kind = kind_of(template.channel)
        if not one.subject and kind.has_subject and kind.needs_subject:
            result.problems.append(BlockProblem("subject", "", _("The subject is empty.")))
        if result.problems or result.content is None:
            first = result.problems[0].message if result.problems else ""
            raise Refused(
                _("Not published. %(language)s: %(problem)s") % {"language": locale.upper(), "problem": first},
                code="problems",
            )
        versions.append(freeze(template, result.source, result.content, now, blocks=one.blocks, staff=staff))
        draft.is_published = True
        draft.save(update_fields=["is_published"])
    if not versions:
        raise Refused(_("There is nothing to publish yet."), code="empty")
    return versions


@transaction.atomic
def remove_template(template: Template, now: datetime, *, staff: Staff | None = None) -> None:
    """Removes a template that was never sent. Raises Refused for one that was: its messages tell what people got."""
    if Message._base_manager.filter(version__template=template).exists():
        raise Refused(_("Messages of this template were sent, so it stays."), code="template_used")
    audit("template.removed", now=now, shop=template.shop, staff=staff, target=template, name=template.name)
    template.delete()
