"""Journeys made by hand: a draft is saved while it is edited, and published as the next version of its measure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Measure
from regulars.journeys.before_start import must_be_ready
from regulars.journeys.document import HEAD, Document, checked, of_playbook, size_problem, text_in
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.settings import checked as checked_settings

from .publish import publish

_KEY = next(field for field in HEAD if field.key == "key")


@transaction.atomic
def save_draft(
    shop: Shop,
    document: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
    *,
    revision: int | None = None,
) -> JourneyDraft:
    """Keeps a document under its key; it may be unfinished. The same document again changes nothing.

    revision: the one that was edited; where another was saved meanwhile, Refused (code `edited_meanwhile`) keeps theirs.
    """
    key = document.get("key") if isinstance(document, Mapping) else None
    if words := size_problem(document) or _KEY.problem(key):
        raise Refused(_("The journey cannot be saved: %(words)s") % {"words": words}, code="not_valid")
    draft = JourneyDraft._base_manager.select_for_update(of=("self",)).filter(shop=shop, key=key).first()
    if draft is None:
        measure = Measure._base_manager.filter(shop=shop, key=key, kind="journey").first()
        draft = JourneyDraft(shop=shop, key=str(key), revision=0, measure=measure, created_at=now)
    elif draft.document == document:
        return draft
    if revision is not None and revision != draft.revision:
        words = _("Somebody else has changed this journey meanwhile. Load it again, then make your change.")
        raise Refused(words, code="edited_meanwhile")
    draft.document, draft.revision = dict(document), draft.revision + 1
    draft.updated_at, draft.updated_by = now, staff
    draft.save()
    audit("journey.drafted", now=now, shop=shop, staff=staff, target=draft, revision=draft.revision)
    return draft


@transaction.atomic
def publish_draft(
    draft: JourneyDraft,
    now: datetime,
    staff: Staff | None = None,
    *,
    take_present: bool = False,
    start: bool = True,
    confirmed: str | None = None,
    agreed: int | None = None,
) -> Journey:
    """Freezes a draft as the next version of its measure, which is made at the first time, and starts it.

    People half-way stay in their version. What was published already, unchanged, is not published again. confirmed, agreed:
    as in `before_start.must_be_ready`. Raises Refused with each problem and its place; then nothing has changed.
    """
    fresh = (
        JourneyDraft._base_manager.select_for_update(of=("self",)).select_related("shop", "measure").get(pk=draft.pk)
    )
    document, shop = checked(fresh.document), fresh.shop
    must_be_ready(
        shop, document, Document(document), now, take_present=take_present, confirmed=confirmed, agreed=agreed
    )
    measure = fresh.measure
    if measure is None:
        measure = goals.create_measure(
            shop,
            fresh.key,
            text_in(document["name"], shop.locale),
            document["goal"],
            document["kpi"],
            document.get("purpose", "marketing"),
            str(document.get("holdout", 0.1)),
            document.get("outcome_days", 30),
            document["stop"],
            now=now,
            staff=staff,
        )
    else:
        goals.change_measure(
            measure,
            name=text_in(document["name"], shop.locale),
            goal_kind=document["goal"],
            kpi=document["kpi"],
            purpose=document.get("purpose", "marketing"),
            holdout_share=str(document.get("holdout", 0.1)),
            outcome_days=document.get("outcome_days", 30),
            stop_rule=document["stop"],
            now=now,
            staff=staff,
        )
    measure.shop = shop
    journey = Journey._base_manager.filter(measure=measure, is_current=True).first()
    if journey is None or journey.document != document:
        journey = publish(measure, document, now, staff, take_present=take_present)
    JourneyDraft._base_manager.filter(pk=fresh.pk).update(measure=measure, published_revision=fresh.revision)
    if start:
        goals.start_measure(measure, now, staff)
    draft.refresh_from_db()
    return journey


@transaction.atomic
def delete_draft(draft: JourneyDraft, now: datetime, staff: Staff | None = None) -> None:
    """Throws a draft away. What was published stays."""
    audit("journey.draft_deleted", now=now, shop=draft.shop, staff=staff, target=draft, key=draft.key)
    draft.delete()


def document_for(shop: Shop, key: str) -> dict[str, Any]:
    """The document of a journey by its key: as it is edited, else as it was published, else of the playbook so called.

    Raises Refused when there is none.
    """
    draft = JourneyDraft._base_manager.filter(shop=shop, key=key).first()
    if draft is not None:
        return dict(draft.document)
    journey = (
        Journey._base_manager.filter(shop=shop, measure__key=key, is_current=True).select_related("measure").first()
    )
    if journey is not None:
        return published_document(journey)
    playbook = next((one for one in PLAYBOOKS.values() if key in (one.key, one.key.replace("_", "-"))), None)
    if playbook is not None:
        return of_playbook(playbook, playbook.defaults())
    raise Refused(_("There is no journey and no playbook called “%(key)s”.") % {"key": key})


def published_document(journey: Journey) -> dict[str, Any]:
    """What was published as this version. One that is older than documents is made again from its playbook."""
    measure = journey.measure
    document = dict(journey.document)
    if not document:
        if journey.playbook not in PLAYBOOKS:
            raise Refused(_("The playbook of “%(name)s” is not there any more.") % {"name": measure.name})
        playbook = PLAYBOOKS[journey.playbook]
        document = of_playbook(playbook, checked_settings(playbook.settings, journey.settings))
    if not journey.playbook:
        return document
    # What a playbook leaves to its start is the measure's own.
    return document | {"key": measure.key, "holdout": float(measure.holdout_share), "stop": dict(measure.stop_rule)}
