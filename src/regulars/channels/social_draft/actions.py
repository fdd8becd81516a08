"""Verbs of posts for social networks: write one, say that it was posted, throw it away."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff

from .models import SocialDraft
from .networks import NETWORKS


@transaction.atomic
def write(
    shop: Shop,
    network: str,
    text: str,
    planned_for: date | None,
    now: datetime,
    staff: Staff | None = None,
    *,
    pk: int | None = None,
) -> SocialDraft:
    """Makes a draft, or changes the one with this id. Raises Refused for a text that is empty or too long."""
    known, text = NETWORKS.get(network), text.replace("\r\n", "\n").strip()
    if known is None:
        raise Refused(_("Choose a network."), code="network")
    if not text:
        raise Refused(_("Write something first."), code="text")
    used = known.count(text)
    if used > known.most:
        said = {"network": known.title, "used": used, "most": known.most}
        raise Refused(_("Too long for %(network)s: %(used)s of %(most)s characters. Shorten it.") % said, code="text")
    row = SocialDraft(shop=shop, made_at=now) if pk is None else _open(shop, pk)
    row.network, row.text, row.planned_for = network, text, planned_for
    row.save()
    audit("social_draft.written", now=now, shop=shop, staff=staff, target=row, network=network)
    return row


@transaction.atomic
def posted(shop: Shop, pk: int, now: datetime, staff: Staff | None = None) -> SocialDraft:
    """A person posted it. Raises Refused where somebody else said so before."""
    row = _open(shop, pk)
    row.posted_at, row.posted_by = now, staff
    row.save(update_fields=["posted_at", "posted_by"])
    audit("social_draft.posted", now=now, shop=shop, staff=staff, target=row, network=row.network)
    return row


@transaction.atomic
def drop(shop: Shop, pk: int, now: datetime, staff: Staff | None = None) -> None:
    """Nobody wants it any more."""
    row = _open(shop, pk)
    audit("social_draft.dropped", now=now, shop=shop, staff=staff, target=row, network=row.network)
    row.delete()


def _open(shop: Shop, pk: int) -> SocialDraft:
    row = SocialDraft._base_manager.select_for_update(of=("self",)).filter(shop=shop, pk=pk, posted_at=None).first()
    if row is None:
        raise Refused(_("Somebody has posted this or thrown it away meanwhile. Load the page again."), code="gone")
    return row
