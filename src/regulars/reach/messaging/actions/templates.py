"""Verbs of templates: save a version; its compiled content."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.variables import VARIABLES
from regulars.reach.messaging.channel_kinds import kind_of
from regulars.reach.messaging.language import Nodes, Text, Value
from regulars.reach.messaging.look import HOUSE, Look
from regulars.reach.messaging.models import Brand, Link, Template, TemplateVersion
from regulars.reach.messaging.rendering import Content, Source, compile_source


def known_variables() -> set[str]:
    """Every variable that some module declares, as templates write it."""
    return {f"{group.name}.{field}" for group in VARIABLES.values() for field in group.fields}


@transaction.atomic
def save_template(
    shop: Shop,
    key: str,
    name: str,
    locale: str,
    subject: str,
    preheader: str,
    source: str,
    now: datetime,
    *,
    text: str = "",
    is_of_measure: bool = False,
    copy_of: Template | None = None,
    staff: Staff | None = None,
    channel: str = "email",
) -> TemplateVersion:
    """Makes a version of the template `key` in `locale`, or returns the latest where nothing changed. Idempotent.

    source: MJML, whole or the body alone; text: "" derives it. On a channel of plain text, `text` is all and `source` is
    empty. is_of_measure, copy_of: of Template. Raises TemplateRefused with every problem and its place, Refused where the
    template is of another channel.
    """
    written = source_on(channel, key, locale, subject, source, preheader, text, look_of(shop))
    content = compile_source(written, known_variables(), settings.REGULARS_BASE_URL)
    made = {
        "name": name[:120], "is_of_measure": is_of_measure or copy_of is not None, "copy_of": copy_of, "channel": channel,
    }  # fmt: skip
    template, _is_new = Template._base_manager.get_or_create(shop=shop, key=key, defaults=made)
    if template.channel != channel:
        said = {"name": template.name, "channel": kind_of(template.channel).title}
        raise Refused(_("“%(name)s” is a template of another channel: %(channel)s.") % said, code="channel")
    return freeze(template, written, content, now, staff=staff)


def source_on(
    channel: str, key: str, locale: str, subject: str, source: str, preheader: str, text: str, look: Look
) -> Source:
    """What is written, with only the parts that the channel has."""
    kind = kind_of(channel)
    if kind.is_mail:
        return Source(key, locale, subject, source, preheader, text, look, channel)
    return Source(key, locale, subject if kind.has_subject else "", "", "", text, HOUSE, channel)


def freeze(
    template: Template,
    source: Source,
    content: Content,
    now: datetime,
    *,
    blocks: Sequence[Mapping[str, Any]] = (),
    staff: Staff | None = None,
) -> TemplateVersion:
    """Writes a version, or returns the latest where it says the same. In the transaction of the caller."""
    latest = TemplateVersion.objects.filter(template=template, locale=source.locale).order_by("-version").first()
    written = (source.subject, source.preheader, source.mjml, source.text)
    if latest is not None and written == (latest.subject, latest.preheader, latest.source, latest.text):
        return latest
    version = TemplateVersion.objects.create(
        template=template,
        locale=source.locale,
        version=latest.version + 1 if latest else 1,
        subject=source.subject,
        preheader=source.preheader,
        source=source.mjml,
        text=source.text,
        blocks=list(blocks),
        created_at=now,
    )
    Link.objects.bulk_create(
        Link(version=version, position=position, url=_as_written(nodes)) for position, nodes in enumerate(content.links)
    )
    audit(
        "template.saved",
        now=now,
        shop=template.shop,
        staff=staff,
        target=version,
        key=template.key,
        locale=source.locale,
    )
    return version


def _as_written(address: Nodes) -> str:
    """The address as its author wrote it, for people to recognise the link by."""
    return "".join(
        node.text if isinstance(node, Text) else "{{ " + " ".join(node.expression.names) + " }}"
        for node in address
        if isinstance(node, (Text, Value))
    )


def look_of(shop: Shop) -> Look:
    """How the shop's mails look. One query at most, kept with the instance."""
    brand: Brand | None = getattr(shop, "brand", None)
    if brand is None:
        return HOUSE
    return Look(
        accent=brand.accent,
        ink=brand.ink,
        paper=brand.paper,
        card=brand.card,
        font=brand.font,
        button=brand.button,
        logo=brand.logo.file if brand.logo is not None else "",
        logo_width=brand.logo_width,
        footer=tuple(sorted(brand.footer.items())),
    )


def content_of(version: TemplateVersion) -> Content:
    """The compiled content of a version in the shop's present look; kept with the instance, and in this process."""
    kept: Content | None = getattr(version, "_content", None)
    if kept is None:
        kept = _compiled(version.pk, settings.REGULARS_BASE_URL, source_of(version))
        version._content = kept  # type: ignore[attr-defined]
    return kept


def content_key(version: TemplateVersion) -> str:
    """What channels keep by: the same as long as the version's compiled content is the same."""
    look = source_of(version).look
    if look == HOUSE:
        return f"{version.pk}"
    return f"{version.pk}:{blake2b(repr(look).encode(), digest_size=8).hexdigest()}"


def source_of(version: TemplateVersion) -> Source:
    """A version as it was written, in the shop's present look."""
    template = version.template
    return source_on(
        template.channel, template.key, version.locale, version.subject, version.source, version.preheader, version.text,
        look_of(template.shop),
    )  # fmt: skip


def compiled_source(source: Source) -> Content:
    """What is written but no version yet, compiled and checked; kept in this process. Raises TemplateRefused."""
    return _tried(settings.REGULARS_BASE_URL, source)


@lru_cache(maxsize=64)
def _tried(own_origin: str, source: Source) -> Content:
    return compile_source(source, known_variables(), own_origin)


@lru_cache(maxsize=256)
def _compiled(_version: int, own_origin: str, source: Source) -> Content:
    return compile_source(source, None, own_origin)
