"""The timeline in words."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from regulars.core import event_types
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.timeline.actions import Fact, record
from regulars.know.timeline.lines import Line, kinds_of, lines_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sung(monkeypatch: pytest.MonkeyPatch) -> str:
    """A type of event that only these tests declare."""
    monkeypatch.setattr(event_types, "EVENT_TYPES", event_types.EVENT_TYPES)
    monkeypatch.setitem(
        event_types.EVENT_TYPES,
        "song.sung",
        event_types.EventType(
            "song.sung", "Sang a song", "dot", lambda shop, data: f"“{data['title']}” at {shop.name}"
        ),
    )
    return "song.sung"


def test_an_event_is_told_in_the_words_of_its_type(shop: Shop, rosa: Any, sung: str, now: datetime) -> None:
    with scope(shop=shop):
        record(shop, [Fact(sung, now, rosa.pk, {"title": "Low"})], now=now)

        [line] = lines_of(shop, rosa.pk).lines

    assert line == Line("circle-dot", "Sang a song", "“Low” at Plattenkiste", now, "neutral")


def test_data_that_an_erasure_took_is_not_described(shop: Shop, rosa: Any, sung: str, now: datetime) -> None:
    with scope(shop=shop):
        record(shop, [Fact(sung, now, rosa.pk, {})], now=now)

        [line] = lines_of(shop, rosa.pk).lines

    assert (line.title, line.text) == ("Sang a song", "")


def test_a_type_that_nobody_declares_is_shown_by_its_key(shop: Shop, rosa: Any, now: datetime) -> None:
    with scope(shop=shop):
        record(shop, [Fact("gone.away", now, rosa.pk, {"a": 1})], now=now)

        [line] = lines_of(shop, rosa.pk).lines
        assert kinds_of(rosa.pk) == [("gone.away", "gone.away")]

    assert line == Line("circle-dot", "gone.away", "", now, "neutral")


def test_lines_are_turned_over_without_gap_or_repeat_where_moments_are_equal(
    shop: Shop, rosa: Any, nico: Any, sung: str, now: datetime
) -> None:
    facts = [Fact(sung, now - timedelta(days=i // 4), rosa.pk, {"title": str(i)}, str(i)) for i in range(30)]
    with scope(shop=shop):
        record(shop, [*facts, Fact(sung, now, nico.pk, {"title": "of Nico"}, "nico")], now=now)

        seen, before = [], None
        while True:
            part = lines_of(shop, rosa.pk, before=before, size=7)
            seen += [line.text for line in part.lines]
            before = part.before
            if before is None:
                break

    assert len(seen) == len(set(seen)) == 30
    assert seen[:4] == [f"“{i}” at Plattenkiste" for i in (3, 2, 1, 0)]


def test_kinds_are_those_the_customer_has_by_title(shop: Shop, rosa: Any, sung: str, now: datetime) -> None:
    with scope(shop=shop), translation.override("en"):
        record(shop, [Fact(sung, now, rosa.pk), Fact("customer.changed", now, rosa.pk)], now=now)
        record(shop, [Fact(sung, now - timedelta(1), rosa.pk)], now=now)

        assert [key for key, _title in kinds_of(rosa.pk)] == ["customer.changed", sung]
