"""Verbs of templates: save a version; its compiled content."""

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from regulars.core.actions import audit
from regulars.core.models import Shop, Staff
from regulars.core.variables import VARIABLES
from regulars.reach.messaging.language import Nodes, Text, Value
from regulars.reach.messaging.models import Link, Template, TemplateVersion
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
    staff: Staff | None = None,
) -> TemplateVersion:
    """Makes a version of the template `key` in `locale`, or returns the latest where nothing changed. Idempotent.

    source: MJML, whole or the body alone; text: "" derives it. Raises TemplateRefused with every problem and its place.
    """
    content = compile_source(
        Source(key, locale, subject, source, preheader, text), known_variables(), settings.REGULARS_BASE_URL
    )
    template, _made = Template._base_manager.get_or_create(shop=shop, key=key, defaults={"name": name[:120]})
    latest = TemplateVersion.objects.filter(template=template, locale=locale).order_by("-version").first()
    written = (subject, preheader, source, text)
    if latest is not None and written == (latest.subject, latest.preheader, latest.source, latest.text):
        return latest
    version = TemplateVersion.objects.create(
        template=template,
        locale=locale,
        version=latest.version + 1 if latest else 1,
        subject=subject,
        preheader=preheader,
        source=source,
        text=text,
        created_at=now,
    )
    Link.objects.bulk_create(
        Link(version=version, position=position, url=_as_written(nodes)) for position, nodes in enumerate(content.links)
    )
    audit("template.saved", now=now, shop=shop, staff=staff, target=version, key=key, locale=locale)
    return version


def _as_written(address: Nodes) -> str:
    """The address as its author wrote it, for people to recognise the link by."""
    return "".join(
        node.text if isinstance(node, Text) else "{{ " + " ".join(node.expression.names) + " }}"
        for node in address
        if isinstance(node, (Text, Value))
    )


def content_of(version: TemplateVersion) -> Content:
    """The compiled content of a version; kept in this process, since versions never change."""
    return _compiled(
        version.pk,
        settings.REGULARS_BASE_URL,
        Source(version.template.key, version.locale, version.subject, version.source, version.preheader, version.text),
    )


@lru_cache(maxsize=256)
def _compiled(_version: int, own_origin: str, source: Source) -> Content:
    return compile_source(source, None, own_origin)
