"""Verbs of afterwards: photos, and thanks to those who were there, other words to those who could not."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging.models import Media
from regulars.reward.gatherings.event_types import GATHERING_MISSED, GATHERING_THANKED
from regulars.reward.gatherings.models import Attendance, Gathering, Photo

from .places import SOURCE, about, locked

MOST_PHOTOS = 100


@transaction.atomic
def add_photo(shop: Shop, gathering_id: int, media: Media, now: datetime, *, staff: Staff | None = None) -> Photo:
    """Shows a picture of the library to the guests. Idempotent. Raises Refused before it begins, and for too many."""
    gathering = locked(shop, gathering_id)
    if now < gathering.starts_at:
        raise Refused(_("The gathering has not begun yet: photos come afterwards."), code="not_begun")
    found = Photo._base_manager.filter(gathering=gathering, media=media).first()
    if found is not None:
        return found
    if Photo._base_manager.filter(gathering=gathering).count() >= MOST_PHOTOS:
        raise Refused(_("A gathering shows at most %(most)s photos.") % {"most": MOST_PHOTOS}, code="too_many_photos")
    photo = Photo._base_manager.create(shop=shop, gathering=gathering, media=media, added_at=now)
    audit("gathering.photo_added", now=now, shop=shop, staff=staff, target=gathering, file=media.file)
    return photo


@transaction.atomic
def remove_photo(shop: Shop, photo_id: int, now: datetime, *, staff: Staff | None = None) -> None:
    """Shows a picture no longer; it stays in the library. Nothing where it is gone already."""
    photo = Photo._base_manager.select_related("gathering", "media").filter(shop=shop, pk=photo_id).first()
    if photo is not None:
        audit("gathering.photo_removed", now=now, shop=shop, staff=staff, target=photo.gathering, file=photo.media.file)
        photo.delete()


@transaction.atomic
def thank(
    shop: Shop,
    gathering_id: int,
    thanks: Mapping[str, str],
    missed: Mapping[str, str],
    now: datetime,
    *,
    staff: Staff | None = None,
) -> int:
    """Says thanks: the words stand on the guests' pages, and each on the list gets an Event, by which a journey can write to
    them: `gathering.thanked` who was there, `gathering.missed` who was not. Who declined from the start gets none.

    thanks, missed: locale → words. Repeating it changes the words and writes no Event twice. Returns how many Events are
    new. Raises Refused before the end, without words, or for a gathering that did not take place.
    """
    gathering = locked(shop, gathering_id)
    if gathering.status in (Gathering.Status.DRAFT, Gathering.Status.CANCELLED):
        raise Refused(_("This gathering does not take place."), code="not_open")
    if now < gathering.ends_at:
        raise Refused(_("The gathering is not over yet."), code="not_over")
    gathering.thanks = {locale: text.strip() for locale, text in thanks.items() if text.strip()}
    gathering.missed = {locale: text.strip() for locale, text in missed.items() if text.strip()}
    if not gathering.thanks or not gathering.missed:
        raise Refused(_("Both need words in at least one language."), code="words_needed")
    gathering.thanked_at = gathering.thanked_at or now
    gathering.save(update_fields=["thanks", "missed", "thanked_at"])
    told, key = about(gathering), f"gathering-after:{gathering.pk}"
    rows = Attendance._base_manager.filter(gathering=gathering).exclude(status=Attendance.Status.NO)
    facts = [
        Fact(
            GATHERING_THANKED if at else GATHERING_MISSED,
            now,
            customer_id,
            told,
            f"{key}:{customer_id}",
        )
        for customer_id, at in rows.values_list("customer_id", "checked_in_at")
    ]
    audit("gathering.thanked", now=now, shop=shop, staff=staff, target=gathering)
    return record(shop, facts, now=now, source=SOURCE)
