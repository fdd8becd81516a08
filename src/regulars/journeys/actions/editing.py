"""Editing a draft step by step: each change is saved at once and can be taken back, also after a break."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals.models import Measure
from regulars.journeys.document import text_in
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.past import DraftPast

from .drafts import published_document, save_draft

MOST_BACK = 60
"""So many changes of a draft can be taken back."""


@transaction.atomic
def edit_draft(
    draft: JourneyDraft,
    document: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
    *,
    revision: int | None = None,
) -> JourneyDraft:
    """Saves a changed document; what was there before can be had back by `undo`. An unchanged one changes nothing.

    Raises Refused (`edited_meanwhile`) where somebody else saved another revision.
    """
    if document.get("key") != draft.key:
        raise Refused(_("The short name of a journey cannot be changed: duplicate it under another name."))
    before = JourneyDraft._base_manager.get(pk=draft.pk)
    saved = save_draft(draft.shop, document, now, staff, revision=revision)
    if saved.revision == before.revision:
        return saved
    DraftPast._base_manager.filter(draft=saved, is_ahead=True).delete()
    DraftPast._base_manager.create(shop=draft.shop, draft=saved, number=before.revision, document=before.document)
    old = DraftPast._base_manager.filter(draft=saved).order_by("-number").values_list("pk", flat=True)
    DraftPast._base_manager.filter(pk__in=list(old[MOST_BACK : MOST_BACK + 100])).delete()
    return saved


def undo(draft: JourneyDraft, now: datetime, staff: Staff | None = None, *, revision: int | None = None) -> bool:
    """Takes the last change back; False where there is none."""
    return _turn(draft, now, staff, revision, is_ahead=False)


def redo(draft: JourneyDraft, now: datetime, staff: Staff | None = None, *, revision: int | None = None) -> bool:
    """Makes again the change that was taken back last; False where there is none."""
    return _turn(draft, now, staff, revision, is_ahead=True)


@transaction.atomic
def _turn(draft: JourneyDraft, now: datetime, staff: Staff | None, revision: int | None, *, is_ahead: bool) -> bool:
    rows = DraftPast._base_manager.filter(draft=draft, is_ahead=is_ahead)
    found = rows.order_by("number" if is_ahead else "-number").first()
    if found is None:
        return False
    before = JourneyDraft._base_manager.get(pk=draft.pk).document
    save_draft(draft.shop, found.document, now, staff, revision=revision)
    DraftPast._base_manager.filter(pk=found.pk).update(document=before, is_ahead=not is_ahead)
    return True


def can_turn(draft: JourneyDraft) -> tuple[bool, bool]:
    """Whether a change can be taken back, and made again. One query."""
    found = set(DraftPast._base_manager.filter(draft=draft).values_list("is_ahead", flat=True))
    return False in found, True in found


def free_key(shop: Shop, name: str) -> str:
    """A short name made of a name that no journey and no measure of the shop has."""
    for old, new in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        name = name.lower().replace(old, new)
    base = slugify(name)[:50].strip("-_") or "journey"
    taken = {"new"} | set(
        JourneyDraft._base_manager.filter(shop=shop, key__startswith=base).values_list("key", flat=True)
    )
    taken |= set(Measure._base_manager.filter(shop=shop, key__startswith=base).values_list("key", flat=True))
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def copy_document(
    shop: Shop, document: Mapping[str, Any], now: datetime, staff: Staff | None = None, *, name: str = ""
) -> JourneyDraft:
    """A new draft of a document: a playbook's, an uploaded one, or that of another journey. It gets a free short name."""
    old = document.get("name")
    told = name or (text_in(old, shop.locale) if isinstance(old, str | Mapping) and old else "")
    copied = {**document, "key": free_key(shop, told or "journey")}
    if name:
        copied["name"] = name
    return save_draft(shop, copied, now, staff)


def draft_of(measure: Measure, now: datetime, staff: Staff | None = None) -> JourneyDraft:
    """The draft of a measure that was made by hand; made anew from what was published where it was thrown away."""
    draft = JourneyDraft._base_manager.select_related("shop").filter(measure=measure).first()
    if draft is not None:
        return draft
    journey = Journey._base_manager.select_related("measure").filter(measure=measure).order_by("-version").first()
    if journey is None:
        raise Refused(_("There is nothing to edit yet."))
    return save_draft(measure.shop, published_document(journey), now, staff)
