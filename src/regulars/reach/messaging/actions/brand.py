"""Verbs of how mails look: upload and describe images, remove one, save the brand."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit, change_shop
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.reach.messaging import pictures
from regulars.reach.messaging.composing import walk
from regulars.reach.messaging.look import BUTTONS, COLOUR, FONTS, READABLE, contrast
from regulars.reach.messaging.models import Brand, Media, TemplateDraft, TemplateVersion

COLOURS = ("accent", "ink", "paper", "card")


def upload(
    shop: Shop,
    name: str,
    octets: bytes,
    now: datetime,
    *,
    alt: Mapping[str, str] | None = None,
    limit: int = pictures.MAX_UPLOAD,
    staff: Staff | None = None,
) -> Media:
    """Takes an image into the library, or finds the same one there. Raises Refused with the remedy.

    The file is written before its row: a crash between leaves a file that nobody names, never a row without its file.
    """
    drawn = pictures.redrawn(octets, limit)
    digest = hashlib.sha256(drawn.octets).hexdigest()
    known = Media._base_manager.filter(shop=shop, digest=digest).first()
    if known is not None:
        return known
    file = pictures.new_file(drawn.kind)
    pictures.keep(file, drawn.octets)
    with transaction.atomic():
        media, made = Media._base_manager.get_or_create(
            shop=shop,
            digest=digest,
            defaults={
                "file": file,
                "name": name.strip()[:120] or file,
                "alt": {key: " ".join(text.split())[:200] for key, text in (alt or {}).items()},
                "width": drawn.width,
                "height": drawn.height,
                "size": len(drawn.octets),
                "created_at": now,
            },
        )
        if made:
            audit("media.uploaded", now=now, shop=shop, staff=staff, target=media, file=file)
    return media


@transaction.atomic
def describe_media(media: Media, alt: Mapping[str, str], now: datetime, *, staff: Staff | None = None) -> None:
    """Says what the picture shows, in each language."""
    media.alt = {key: " ".join(text.split())[:200] for key, text in alt.items()}
    media.save(update_fields=["alt"])
    audit("media.described", now=now, shop=media.shop, staff=staff, target=media)


@transaction.atomic
def remove_media(media: Media, now: datetime, *, staff: Staff | None = None) -> None:
    """Takes an image out of the library. Raises Refused where something shows it; mails that went out show it always."""
    if Brand.objects.filter(logo=media).exists():
        raise Refused(_("This image is the logo. Choose another logo first."), code="media_used")
    drafts = TemplateDraft.objects.filter(template__shop=media.shop).select_related("template")
    for draft in drafts:
        if any(media.file in block["values"].values() for block in walk(draft.blocks)):
            raise Refused(
                _("The template “%(name)s” shows this image. Take it out there first.") % {"name": draft.template.name},
                code="media_used",
            )
    if TemplateVersion.objects.filter(template__shop=media.shop, source__contains=f"media:{media.file}").exists():
        raise Refused(_("A published template shows this image, so it stays."), code="media_used")
    audit("media.removed", now=now, shop=media.shop, staff=staff, target=media, file=media.file)
    media.delete()
    transaction.on_commit(lambda: pictures.path_of(media.file).unlink(missing_ok=True))


@transaction.atomic
def save_brand(
    shop: Shop,
    values: Mapping[str, Any],
    now: datetime,
    *,
    legal_footer: str | None = None,
    staff: Staff | None = None,
) -> Brand:
    """Saves how mails look; `values` as the columns of Brand. Raises Refused naming what cannot be read or is unknown.

    legal_footer: the sender's legal address, None to leave it.
    """
    brand = Brand.objects.filter(shop=shop).select_for_update().first() or Brand(shop_id=shop.pk)
    for name, value in values.items():
        setattr(brand, name, value)
    for name in COLOURS:
        setattr(brand, name, str(getattr(brand, name)).lower())
        if not COLOUR.fullmatch(getattr(brand, name)):
            raise Refused(_("A colour is written as # and six digits, such as #9a3412."), code=name)
    if brand.font not in FONTS or brand.button not in BUTTONS:
        raise Refused(_("Choose a typeface and a shape of buttons from the list."), code="font")
    if contrast(brand.ink, brand.card) < READABLE:
        raise Refused(
            _("Text cannot be read on this ground: the contrast is %(contrast)s, at least 4.5 is needed.")
            % {"contrast": f"{contrast(brand.ink, brand.card):.1f}"},
            code="ink",
        )
    if brand.logo is not None and brand.logo.shop_id != shop.pk:
        raise Refused(_("The image is not in the library any more. Choose another one."), code="logo")
    brand.logo_width = min(max(int(brand.logo_width), 40), 400)
    brand.updated_at = now
    brand.save()
    if legal_footer is not None and legal_footer != shop.legal_footer:
        change_shop(shop, now=now, staff=staff, legal_footer=legal_footer)
    shop.brand = brand
    audit("brand.saved", now=now, shop=shop, staff=staff, target=brand)
    return brand
