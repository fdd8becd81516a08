"""Members by set difference: who entered, who left, and what is no news."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.segments.actions import (
    change_segment,
    create_ready_made,
    create_segment,
    keep_members,
    write_scores,
)
from regulars.decide.segments.models import CustomerProfile, Segment, SegmentMember
from regulars.decide.segments.profiles import refresh
from regulars.decide.segments.ready_made import READY_MADE
from regulars.decide.segments.sweeps import keep_all_members, keep_profiles
from regulars.know.timeline.models import Event

from .test_profiles import order

pytestmark = [pytest.mark.django_db]

BUYERS = {"field": "orders_90", "op": "at_least", "value": 1}


def news(shop: Any) -> list[tuple[str, str]]:
    with scope(shop=shop):
        rows = Event.objects.filter(type__startswith="segment.").order_by("pk")
        return [(row.type, row.customer.number) for row in rows]


def sweep(shop: Any, now: datetime) -> None:
    with scope(shop=shop):
        while keep_all_members(shop, now):
            pass


@pytest.mark.postgres
def test_first_computation_is_no_news_later_changes_are(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    order(shop, rosa, now - timedelta(days=60), 100)
    refresh(shop, now)
    segment = create_segment(shop, "Käufer", BUYERS, now=now)
    assert segment.key == "kaufer"
    sweep(shop, now)
    assert list(SegmentMember.objects.values_list("customer__number", flat=True)) == ["rosa"]
    assert news(shop) == []
    order(shop, nico, now, 100)
    refresh(shop, now, [nico.pk])
    soon = now + timedelta(minutes=6)
    sweep(shop, soon)
    assert news(shop) == [("segment.entered", "nico")]
    much_later = now + timedelta(days=40)
    with scope(shop=shop):
        keep_profiles(shop, much_later)
    sweep(shop, much_later)
    assert news(shop) == [("segment.entered", "nico"), ("segment.left", "rosa")]
    assert CustomerProfile._base_manager.get(pk=rosa.pk).orders_90 == 0
    data = Event._base_manager.filter(type="segment.left").get().data
    assert data == {"segment": "kaufer", "segment_id": segment.pk, "name": "Käufer"}


def test_a_changed_rule_and_imported_history_are_no_news(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    refresh(shop, now)
    segment = create_segment(shop, "Buyers", BUYERS, now=now)
    sweep(shop, now)
    change_segment(segment, name="All", rule={}, now=now)
    sweep(shop, now + timedelta(minutes=6))
    assert segment.members.count() == 2
    change_segment(segment, name="Buyers", rule=BUYERS, now=now)
    order(shop, rosa, now, 100)
    refresh(shop, now, [rosa.pk], is_history=True)
    sweep(shop, now + timedelta(minutes=12))
    assert segment.members.count() == 1
    assert news(shop) == []


def test_the_first_scores_are_no_news(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    refresh(shop, now)
    create_segment(shop, "Best", {"field": "r", "op": "is", "value": 5}, now=now)
    sweep(shop, now)
    assert write_scores(shop, {rosa.pk: {"r": 5, "f": 5, "m": 5, "p_alive": 0.9, "clv": 1234}}, now) == 1
    sweep(shop, now + timedelta(minutes=6))
    assert news(shop) == []
    write_scores(shop, {rosa.pk: {"r": 4}, nico.pk: {"r": 5}}, now)
    sweep(shop, now + timedelta(minutes=12))
    assert news(shop) == [("segment.entered", "nico"), ("segment.left", "rosa")]
    assert CustomerProfile._base_manager.get(pk=rosa.pk).clv is None
    with pytest.raises(Refused):
        write_scores(shop, {rosa.pk: {"orders": 5}}, now)


def test_batches_end_up_complete(shop: Any, make_customer: Any, now: datetime) -> None:
    for number in range(7):
        make_customer(f"C{number}")
    refresh(shop, now)
    segment = create_segment(shop, "All", {}, now=now)
    calls = [keep_members(segment, now, limit=3) for _ in range(3)]
    assert calls == [3, 3, 1]
    assert (segment.size, segment.computed_at) == (7, now)


def test_the_number_of_queries_does_not_grow(shop: Any, make_customer: Any, now: datetime) -> None:
    counts = []
    refresh(shop, now)
    for size, start in ((5, 0), (60, 5)):
        for number in range(start, start + size):
            make_customer(f"C{number}")
        with CaptureQueriesContext(
            connection,
        ) as profiles:
            refresh(shop, now)
        segment = create_segment(shop, "All", {}, now=now)
        Segment._base_manager.filter(pk=segment.pk).update(computed_at=now)
        segment.refresh_from_db()
        with CaptureQueriesContext(connection) as members:
            keep_members(segment, now)
        counts.append((len(profiles), len(members)))
        segment.delete()
    assert counts[0] == counts[1]


def test_a_broken_rule_is_noted_and_stops_no_other(shop: Any, rosa: Any, now: datetime) -> None:
    refresh(shop, now)
    broken = create_segment(shop, "A", {}, now=now)
    Segment._base_manager.filter(pk=broken.pk).update(rule={"field": "gone", "op": "is", "value": 1})
    fine = create_segment(shop, "B", {}, now=now)
    sweep(shop, now)
    broken.refresh_from_db()
    fine.refresh_from_db()
    assert "gone" in broken.error
    assert fine.size == 1


def test_ready_made_segments_come_once(shop: Any, rosa: Any, now: datetime) -> None:
    assert create_ready_made(shop, now) == len(READY_MADE)
    Segment._base_manager.filter(shop=shop, key="champions").delete()
    assert create_ready_made(shop, now) == 0
    with scope(shop=shop):
        keep_profiles(shop, now)
    sweep(shop, now)
    rows = Segment._base_manager.filter(shop=shop)
    assert rows.filter(computed_at=None).count() == 0
    assert rows.get(key="birthday-this-month").size == 1
