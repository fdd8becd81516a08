"""Verb of the shop's letter paper: change it."""

from datetime import datetime

from django.db import transaction

from regulars.channels.letter.models import LetterPaper
from regulars.channels.letter.sheet import Paper
from regulars.core.actions import audit
from regulars.core.models import Shop, Staff


def paper_of(shop: Shop) -> LetterPaper:
    """The shop's paper; without a row nothing but what the shop's settings say."""
    return LetterPaper._base_manager.filter(shop=shop).first() or LetterPaper(shop=shop)


def printed_paper(shop: Shop) -> Paper:
    """The paper with the shop's settings in the places that are left empty. One query."""
    row = paper_of(shop)
    notice = [line.strip() for line in shop.legal_footer.splitlines() if line.strip()]
    parts = [part.strip() for part in ", ".join(notice[:3]).split(",")]
    own = [part for part in parts[:4] if part]
    return Paper(
        return_line=row.return_line or " · ".join(own) or shop.name,
        info=tuple(filter(None, (shop.name, shop.website.partition("://")[2].strip("/"), contact_of(shop)))),
        closing=row.closing,
        signer=row.signer,
        footer=tuple(line.strip() for line in row.footer.splitlines() if line.strip()) or tuple(notice),
    )


def contact_of(shop: Shop) -> str:
    """Where a customer answers to."""
    return shop.reply_to or shop.sender_email


@transaction.atomic
def change_paper(shop: Shop, now: datetime, staff: Staff | None, **values: str) -> LetterPaper:
    """Sets return_line, closing, signer, footer."""
    row, _made = LetterPaper._base_manager.update_or_create(shop=shop, defaults={**values, "updated_at": now})
    audit("letters.paper_changed", now=now, shop=shop, staff=staff, target=row)
    return row
