"""Due rows: claimed once, by one; reclaimed when the lease ran out; settled only by the holder."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from regulars.core.claim import DueRow, claim, held, settle
from regulars.core.models import TimetableEntry

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def rows(count: int) -> None:
    TimetableEntry.objects.bulk_create(
        [TimetableEntry(sweep=f"s{n}", due_at=NOW - timedelta(minutes=n)) for n in range(count)]
    )


@pytest.mark.django_db
def test_the_longest_due_come_first_and_nobody_gets_them_twice() -> None:
    rows(5)

    first = claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=2)
    second = claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=10)

    assert [row.sweep for row in first.rows] == ["s4", "s3"]
    assert [row.sweep for row in second.rows] == ["s2", "s1", "s0"]
    assert not claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=10)


@pytest.mark.django_db
def test_rows_not_due_yet_wait() -> None:
    rows(1)
    TimetableEntry.objects.update(due_at=NOW + timedelta(seconds=1))

    assert not claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=10)


@pytest.mark.django_db
def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_can_no_longer_settle() -> None:
    rows(1)
    slow = claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=1)
    later = NOW + LEASE + timedelta(seconds=1)
    assert not claim(TimetableEntry.objects.all(), now=later, lease=LEASE, limit=1, reclaim=False)

    quick = claim(TimetableEntry.objects.all(), now=later, lease=LEASE, limit=1)

    assert quick.rows[0].attempts == 2
    with held(slow) as still:
        assert still == []
    with held(quick) as ours:
        assert settle(ours, DueRow.Status.DONE) == 1
    assert TimetableEntry.objects.get().lease_token == ""


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 300])
def test_claiming_costs_the_same_number_of_queries_for_any_batch(
    count: int, django_assert_max_num_queries: object
) -> None:
    rows(count)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=1000)) == count


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_workers_share_the_rows_without_overlap() -> None:
    rows(200)
    taken: list[int] = []
    start = threading.Barrier(8)

    def worker() -> None:
        start.wait()
        try:
            while got := claim(TimetableEntry.objects.all(), now=NOW, lease=LEASE, limit=7):
                taken.extend(row.pk for row in got.rows)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 200
    assert len(set(taken)) == 200
