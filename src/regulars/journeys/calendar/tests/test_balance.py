"""Gaps and collisions of the coming weeks by segment, and the customers whom nobody has contacted for long."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core import clock
from regulars.core.scoping import scope
from regulars.decide.segments import estimate
from regulars.decide.segments.actions import keep_members
from regulars.decide.segments.models import CustomerProfile, Segment, SegmentMember
from regulars.decide.segments.rules import check
from regulars.journeys.calendar import actions
from regulars.journeys.calendar import balance as room
from regulars.journeys.calendar.balance import balance_of
from regulars.journeys.calendar.neglected import RULE
from regulars.journeys.campaigns.models import Campaign
from regulars.know.customers.models import Customer

from .test_pages import HOME

BERLIN = ZoneInfo("Europe/Berlin")
PAGE = f"{HOME}balance/"


@pytest.fixture(autouse=True)
def today(shop: Any, now: datetime) -> Iterator[None]:
    """Wednesday, 10 June 2026; budget 2 in 7 days, 4 in 30."""
    type(shop)._base_manager.update(contacts_per_week=2, contacts_per_month=4)
    shop.refresh_from_db()
    with clock.pretending(now), scope(shop=shop):
        yield


@pytest.fixture
def segments(shop: Any, now: datetime) -> list[Segment]:
    """Jazz: customers 0 to 5; rock: 4 to 9. So two hear both."""
    people = [
        Customer._base_manager.create(shop=shop, number=str(n), created_at=now, updated_at=now) for n in range(10)
    ]
    made = []
    for key, part in (("jazz", people[:6]), ("rock", people[4:])):
        one = Segment._base_manager.create(
            shop=shop, key=key, name=key.title(), rule={"all": []}, size=6, created_at=now, updated_at=now
        )
        SegmentMember.objects.bulk_create(SegmentMember(segment=one, customer=who, since=now) for who in part)
        made.append(one)
    return made


def plan(shop: Any, now: datetime, title: str, segment: Segment, day: date, kind: str = "mailing", **more: Any) -> Any:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=BERLIN)
    values = {"title": title, "kind": kind, "segment": segment, "begins_at": at, "ends_at": at}
    return actions.add(shop, values | more, now)


def told(shop: Any, now: datetime) -> list[tuple[str, date, int, int]]:
    return [(one.kind, one.day, len(one.contacts), one.customers) for one in balance_of(shop, now).collisions]


def test_two_things_on_one_day_hit_those_who_hear_both(shop: Any, now: datetime, segments: list[Segment]) -> None:
    jazz, rock = segments
    day = date(2026, 6, 16)
    plan(shop, now, "Jazz news", jazz, day)
    plan(shop, now, "Rock news", rock, day)
    assert told(shop, now) == [("day", day, 2, 2)]
    # an event that is announced counts on the day of its announcement, and what is called off on none
    begins = datetime(2026, 6, 25, 9, tzinfo=BERLIN)
    plan(shop, now, "Fair", jazz, date(2026, 6, 25), "event", announced_at=begins - timedelta(days=9))
    assert sorted(told(shop, now)) == [("day", day, 2, 4), ("day", day, 3, 2)]
    for row in room.CalendarEntry.objects.filter(title__endswith="news"):
        actions.cancel(row, now)
    assert told(shop, now) == []


def test_the_budget_of_a_week_and_of_a_month(shop: Any, now: datetime, segments: list[Segment]) -> None:
    jazz, _rock = segments
    for number in range(3):
        plan(shop, now, f"Week {number}", jazz, date(2026, 6, 15) + timedelta(days=3 * number))
    assert told(shop, now) == [("week", date(2026, 6, 21), 3, 6)]
    room.CalendarEntry.objects.all().delete()
    plan(shop, now, "Every six days", jazz, date(2026, 6, 12), recurrence="FREQ=DAILY;INTERVAL=6")
    found = told(shop, now)
    assert {one[0] for one in found} == {"month"}
    assert found[0] == ("month", date(2026, 7, 6), 5, 6)


def test_campaigns_count_and_weeks_without_anything_are_gaps(shop: Any, now: datetime, segments: list[Segment]) -> None:
    jazz, rock = segments
    begins = datetime(2026, 6, 16, 9, tzinfo=BERLIN)
    for key, status in (("sent", "planned"), ("idea", "draft"), ("off", "cancelled")):
        Campaign._base_manager.create(
            shop=shop, key=key, name=key, goal="hold", kpi="x", begins_at=begins, status=status, segment=rock,
            created_at=now, updated_at=now,
        )  # fmt: skip
    found = balance_of(shop, now)
    assert found.mondays[0] == date(2026, 6, 8)
    assert [(one.segment, one.gaps) for one in found.segments] == [(rock, 7), (jazz, 8)]
    assert [len(week) for week in found.segments[0].weeks] == [0, 1, 0, 0, 0, 0, 0, 0]


def test_a_large_shop_is_told_from_a_sample(
    shop: Any, now: datetime, segments: list[Segment], monkeypatch: Any
) -> None:
    for one in Customer.objects.all():
        CustomerProfile._base_manager.get_or_create(shop=shop, customer=one)
    monkeypatch.setattr(room, "COUNTED", 5)
    monkeypatch.setattr(estimate, "COUNTED", 5)
    monkeypatch.setattr(estimate, "LEAST", 1)
    day = date(2026, 6, 16)
    for one in segments:
        plan(shop, now, one.name, one, day)
    found = balance_of(shop, now)
    assert [(one.customers, one.is_about) for one in found.collisions] == [(2, True)]


@pytest.mark.postgres
def test_queries_do_not_grow_and_the_page_says_it_in_words(
    shop: Any, now: datetime, segments: list[Segment], sign_in: Callable[..., Client]
) -> None:
    jazz, rock = segments
    client, counts = sign_in(), []
    for few, many in ((0, 2), (2, 40)):
        for number in range(few, many):
            plan(shop, now, f"Nr {number}", (jazz, rock)[number % 2], date(2026, 6, 15) + timedelta(days=number // 2))
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            shown = " ".join(client.get(PAGE).content.decode().split())
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "2 customers would hear of 2 things on the same day." in shown
    assert "4 customers would get 7 contacts within 7 days; the budget is 2." in shown
    assert f'href="{HOME}?view=week&amp;day=2026-06-15"' in shown
    assert "Open this week and move one" in shown


def test_each_role_and_an_empty_shop(sign_in: Callable[..., Client]) -> None:
    for role, status, may_make in (
        ("owner", 200, 302), ("marketer", 200, 302), ("analyst", 200, 302), ("service", 403, 403), ("till", 403, 403),
    ):  # fmt: skip
        client = sign_in(role)
        shown = client.get(PAGE)
        assert shown.status_code == status
        if role == "owner":
            assert "There is no segment yet" in shown.content.decode()
        assert client.post(f"{HOME}neglected/").status_code == may_make, role


def test_one_click_leads_from_the_neglected_to_a_campaign(
    shop: Any, now: datetime, sign_in: Callable[..., Client], rosa: Any, nico: Any, lena: Any, otto: Any
) -> None:
    assert not check(RULE)
    for customer, contacted, orders in ((rosa, 100, 2), (nico, None, 1), (lena, 20, 1), (otto, 100, 0)):
        CustomerProfile._base_manager.update_or_create(
            customer=customer,
            defaults={
                "shop": shop, "orders_365": orders,
                "last_contact_at": contacted and now - timedelta(days=contacted),
            },
        )  # fmt: skip
    client = sign_in()
    assert "Who was not contacted for 90 days?" in client.get(HOME).content.decode()
    assert client.post(f"{HOME}neglected/").url == "/s/plattenkiste/segments/neglected/"
    segment = Segment.objects.get(key="neglected")
    assert "are being counted" in client.get(HOME).content.decode()
    while keep_members(segment, now):
        segment.refresh_from_db()
    assert set(SegmentMember.objects.values_list("customer", flat=True)) == {rosa.pk, nico.pk}
    assert "2 customers not contacted for 90 days" in client.get(HOME).content.decode()
    to_campaign = client.post(f"{HOME}neglected/", {"then": "campaign"}).url
    assert to_campaign == f"/s/plattenkiste/campaigns/new/?segment={segment.pk}"
    assert f'value="{segment.pk}" selected' in client.get(to_campaign).content.decode()
    assert Segment.objects.filter(key__startswith="neglected").count() == 1
