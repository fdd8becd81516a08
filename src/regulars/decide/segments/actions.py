"""Verbs of segments: make, change and delete them; keep their members; write scores."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, router, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.know.timeline.actions import Fact, record

from .event_types import SEGMENT_ENTERED, SEGMENT_LEFT, event_data
from .models import CustomerProfile, ProfileState, Segment, SegmentMember, SegmentMove
from .ready_made import READY_MADE, ReadyMade
from .rules import Node, check, queryset

BATCH = 2000
LATELY = timedelta(days=7)
SCORES = ("p_alive", "churn_risk", "expected_orders", "clv", "clv_low", "clv_high", "r", "f", "m")


@transaction.atomic
def create_segment(
    shop: Shop,
    name: str,
    rule: Node,
    *,
    now: datetime,
    staff: Staff | None = None,
    description: str = "",
    key: str = "",
) -> Segment:
    """Makes a segment; its members are computed by the next sweep. Raises Refused naming what does not fit."""
    _check(name, rule)
    segment = Segment._base_manager.create(
        shop=shop,
        key=_free_key(shop, key or slugify(name) or "segment"),
        name=name.strip(),
        description=description.strip(),
        rule=rule,
        created_at=now,
        updated_at=now,
    )
    audit("segment.created", now=now, shop=shop, staff=staff, target=segment, rule=rule)
    return segment


def _check(name: str, rule: Node) -> None:
    if not name.strip():
        raise Refused(_("A segment needs a name."))
    if problems := check(rule):
        raise Refused(_("The rule cannot be saved: %(problems)s") % {"problems": "; ".join(map(str, problems))})


def _free_key(shop: Shop, wanted: str) -> str:
    taken = set(Segment._base_manager.filter(shop=shop, key__startswith=wanted[:50]).values_list("key", flat=True))
    key, number = wanted[:60], 1
    while key in taken:
        number += 1
        key = f"{wanted[:50]}-{number}"
    return key


@transaction.atomic
def change_segment(
    segment: Segment,
    *,
    name: str,
    rule: Node,
    description: str = "",
    now: datetime,
    staff: Staff | None = None,
) -> Segment:
    """Changes a segment. With another rule its members are computed anew, silently: whom the new rule takes in or
    leaves out did not change themselves, so that no journey starts.
    """
    _check(name, rule)
    before = segment.rule
    segment.name, segment.description, segment.updated_at = name.strip(), description.strip(), now
    if rule != before:
        segment.rule, segment.computed_at, segment.size = rule, None, None
    segment.save()
    audit("segment.changed", now=now, shop=segment.shop, staff=staff, target=segment, before=before, after=rule)
    return segment


@transaction.atomic
def delete_segment(segment: Segment, *, now: datetime, staff: Staff | None = None) -> None:
    """Deletes a segment and forgets its members. Customers and their events stay."""
    audit("segment.deleted", now=now, shop=segment.shop, staff=staff, target=segment, key=segment.key)
    segment.delete()


@transaction.atomic
def create_ready_made(shop: Shop, now: datetime) -> int:
    """Gives a new shop its ready-made segments, in the shop's language; returns how many. Once: what was deleted later
    does not come back.
    """
    state, _made = ProfileState._base_manager.get_or_create(shop=shop)
    if state.ready_made_at is not None:
        return 0
    taken = set(Segment._base_manager.filter(shop=shop).values_list("key", flat=True))
    fresh = [_ready(shop, one, now) for one in READY_MADE if one.key not in taken]
    Segment._base_manager.bulk_create(fresh)
    state.ready_made_at = now
    state.save(update_fields=["ready_made_at"])
    audit("segments.ready_made", now=now, shop=shop, keys=[one.key for one in fresh])
    return len(fresh)


@transaction.atomic
def ready_made_again(shop: Shop, key: str, now: datetime) -> Segment | None:
    """The ready-made segment of this key: made where the shop has none, as one that came with a later version, or that
    somebody deleted and a measure now asks for. None where there is no such.
    """
    there = Segment._base_manager.filter(shop=shop, key=key).first()
    wanted = next((one for one in READY_MADE if one.key == key), None)
    if there is not None or wanted is None:
        return there
    segment = _ready(shop, wanted, now)
    segment.save()
    audit("segments.ready_made", now=now, shop=shop, keys=[key])
    return segment


def _ready(shop: Shop, one: ReadyMade, now: datetime) -> Segment:
    with override(shop.locale):
        return Segment(
            shop=shop,
            key=one.key,
            name=str(one.name),
            description=str(one.description),
            rule=one.rule,
            created_at=now,
            updated_at=now,
        )


@transaction.atomic
def keep_members(segment: Segment, now: datetime, limit: int = BATCH) -> int:
    """Brings one batch of members up to date: the difference between the rule and the stored members, as a set.

    Writes an Event for each who entered or left, in the same transaction; none while the segment is computed for the
    first time (or anew after its rule changed). Returns the rows changed; when the difference is empty or smaller than
    the batch, the segment is marked as computed at `now`. Raises Refused for a rule that cannot be used.
    """
    shop = segment.shop
    members = SegmentMember.objects.filter(segment=segment)
    inside = queryset(shop, segment.rule, now)
    entered = list(
        inside.exclude(customer_id__in=members.values("customer_id"))
        .order_by("customer_id")
        .values_list("customer_id", flat=True)[:limit]
    )
    left = list(
        members.exclude(customer_id__in=inside.values("customer_id"))
        .order_by("customer_id")
        .values_list("customer_id", flat=True)[:limit]
    )
    SegmentMember.objects.bulk_create(
        [SegmentMember(segment=segment, customer_id=customer_id, since=now) for customer_id in entered],
        ignore_conflicts=True,
    )
    members.filter(customer_id__in=left).delete()
    if segment.computed_at is not None:
        data = event_data(segment)
        facts = [Fact(SEGMENT_ENTERED, now, customer_id, data) for customer_id in entered]
        facts += [Fact(SEGMENT_LEFT, now, customer_id, data) for customer_id in left]
        record(shop, facts, now=now, source="segments")
        moves = [SegmentMove(segment=segment, customer_id=one, is_entry=True, at=now) for one in entered]
        moves += [SegmentMove(segment=segment, customer_id=one, is_entry=False, at=now) for one in left]
        SegmentMove._base_manager.bulk_create(moves)
    if len(entered) < limit and len(left) < limit:
        segment.computed_at, segment.size, segment.error = now, members.count(), ""
        Segment._base_manager.filter(pk=segment.pk).update(computed_at=now, size=segment.size, error="")
    return len(entered) + len(left)


@transaction.atomic
def write_scores(shop: Shop, rows: Mapping[int, Mapping[str, Any]], now: datetime) -> int:
    """Writes scores into the profiles: customer id → {"p_alive", "churn_risk", "expected_orders", "clv", "clv_low",
    "clv_high", "r", "f", "m"}; what is missing becomes unknown. Money in minor units.

    Customers without a profile are left out. Returns how many rows were given. One statement, in batches by its driver.
    """
    unknown = sorted({name for row in rows.values() for name in row} - set(SCORES))
    if unknown:
        raise Refused(f"{unknown[0]!r} is not a score of a profile")
    if not CustomerProfile._base_manager.filter(shop=shop, scored_at__isnull=False).exists():
        # The first scores ever: whom they bring into a segment did nothing just now, so it is no news.
        Segment._base_manager.filter(shop=shop).update(computed_at=None)
    connection = connections[router.db_for_write(CustomerProfile)]
    at = connection.ops.adapt_datetimefield_value(now)
    sets = ", ".join(f"{name} = %s" for name in SCORES)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {CustomerProfile._meta.db_table} SET {sets}, scored_at = %s "  # noqa: S608
            "WHERE customer_id = %s AND shop_id = %s",
            [(*(row.get(name) for name in SCORES), at, pk, shop.pk) for pk, row in rows.items()],
        )
    return len(rows)
