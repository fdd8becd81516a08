"""The timetable runs each sweep once a rhythm, keeps the others going when one fails, and backs off."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from regulars.core.actions import create_shop
from regulars.core.models import Shop, TimetableEntry
from regulars.core.scoping import scope
from regulars.core.sweeps import SWEEPS, sweep
from regulars.core.timetable import run_due, write_timetable

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def only_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    calls: list[tuple[str, str]] = []
    before = dict(SWEEPS)
    SWEEPS.clear()

    @sweep("good", every=timedelta(minutes=10))
    def good(shop: Shop, now: datetime) -> int:
        calls.append(("good", shop.slug))
        return 0

    @sweep("bad", every=timedelta(minutes=1), order=1)
    def bad(shop: Shop, now: datetime) -> int:
        calls.append(("bad", shop.slug))
        raise ValueError("broken on purpose")

    left = {"craft": 3}

    @sweep("busy", every=timedelta(hours=1))
    def busy(shop: Shop, now: datetime) -> int:
        calls.append(("busy", shop.slug))
        left[shop.slug] = left.get(shop.slug, 1) - 1
        return max(left[shop.slug], 0)

    yield calls
    SWEEPS.clear()
    SWEEPS.update(before)


@pytest.mark.django_db
def test_each_sweep_runs_for_each_shop_until_nothing_is_left(only_ours: list[tuple[str, str]]) -> None:
    create_shop("craft", now=NOW)
    create_shop("vinyl", now=NOW)
    write_timetable(NOW)
    write_timetable(NOW)

    assert run_due(NOW) == 3
    assert only_ours.count(("busy", "craft")) == 3
    assert only_ours.count(("good", "vinyl")) == 1
    run_due(NOW + timedelta(minutes=9))
    assert only_ours.count(("good", "craft")) == 1
    run_due(NOW + timedelta(minutes=10))
    assert only_ours.count(("good", "craft")) == 2


@pytest.mark.django_db
def test_a_failing_sweep_is_told_and_tried_ever_more_seldom(only_ours: list[tuple[str, str]]) -> None:
    create_shop("craft", now=NOW)
    write_timetable(NOW)

    run_due(NOW)

    entry = TimetableEntry.objects.get(sweep="bad")
    assert entry.failures == 1
    assert "broken on purpose" in entry.last_error
    assert entry.due_at == NOW + timedelta(minutes=2)
    assert ("good", "craft") in only_ours


@pytest.mark.django_db
def test_an_unscoped_query_fails_instead_of_leaking() -> None:
    from django_scopes.exceptions import ScopeError

    from regulars.core.models import ApiKey

    shop = create_shop("craft", now=NOW)
    with pytest.raises(ScopeError):
        ApiKey.objects.count()
    with scope(shop=shop):
        assert ApiKey.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_leased_entry_is_left_alone_until_its_lease_runs_out(only_ours: list[tuple[str, str]]) -> None:
    create_shop("craft", now=NOW)
    write_timetable(NOW)
    held = {"status": "claimed", "lease_until": NOW + timedelta(minutes=15), "lease_token": "another worker"}
    TimetableEntry.objects.filter(sweep="good").update(**held)

    run_due(NOW + timedelta(minutes=14))
    assert ("good", "craft") not in only_ours
    assert TimetableEntry.objects.get(sweep="good").lease_token == "another worker"

    run_due(NOW + timedelta(minutes=16))
    assert only_ours.count(("good", "craft")) == 1
    entry = TimetableEntry.objects.get(sweep="good")
    assert (entry.status, entry.lease_token, entry.lease_until, entry.attempts) == ("due", "", None, 1)


@pytest.mark.django_db
def test_an_idle_sweep_costs_two_statements(
    only_ours: list[tuple[str, str]], django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    create_shop("craft", now=NOW)
    write_timetable(NOW)
    TimetableEntry.objects.exclude(sweep="good").update(due_at=NOW + timedelta(days=1))

    with django_assert_num_queries(3):  # what is due; taken; released
        run_due(NOW)

    assert only_ours == [("good", "craft")]
