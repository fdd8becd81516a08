"""Kept numbers are those that counting would find, whoever changed the rows."""

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from regulars.core import tallies
from regulars.core.models import Tally
from regulars.core.scoping import scope, scopes_disabled
from regulars.decide.goals.models import Goal, Measure
from regulars.journeys.models import Enrolment, Journey
from regulars.journeys.tallies import ENROLMENTS
from regulars.reward.offers.models import Offer, Voucher
from regulars.reward.offers.tallies import ISSUED, REDEEMED

STATUSES = ("due", "claimed", "done", "cancelled", "refused")
REASONS = ("", "completed", "no_consent")


@pytest.fixture
def journeys(shop: Any, now: Any) -> list[Journey]:
    with scopes_disabled():
        goal = Goal._base_manager.filter(shop=shop).first()
        goal = Goal._base_manager.create(shop=shop, kind="hold", rank=1)
        measure = Measure._base_manager.create(
            shop=shop, goal=goal, key="m", name="M", kind="journey", created_at=now, started_at=now
        )
        return [
            Journey._base_manager.create(
                shop=shop, measure=measure, version=n + 1, definition={"steps": []}, published_at=now
            )
            for n in range(2)
        ]


def _counted(journeys: list[Journey]) -> dict[int, dict[tuple[str, ...], int]]:
    """What counting finds."""
    found: dict[int, Counter[tuple[str, ...]]] = {one.pk: Counter() for one in journeys}
    for row in Enrolment._base_manager.filter(journey__in=journeys):
        status = "due" if row.status == "claimed" else row.status
        found[row.journey_id][(row.arm, status, row.step, row.exit_reason)] += 1
    return {pk: dict(counts) for pk, counts in found.items()}


def _rows(shop: Any, journeys: list[Journey], customers: list[int], draw: random.Random, key: str) -> list[Enrolment]:
    from regulars.core import clock

    now = clock.now()
    return [
        Enrolment(
            shop=shop, journey=draw.choice(journeys), customer_id=customer, entry_key=key,
            arm=draw.choice(("treated", "holdout")), status=draw.choice(STATUSES), step=draw.choice("ab"),
            exit_reason=draw.choice(REASONS), due_at=now, step_at=now, entered_at=now,
        )
        for customer in customers
    ]  # fmt: skip


def _work(shop: Any, journeys: list[Journey], customers: list[int], seed: int, turns: int) -> None:
    """Random work on enrolments, a part of it rolled back."""
    draw = random.Random(seed)
    for turn in range(turns):
        try:
            with transaction.atomic():
                mine = Enrolment._base_manager.filter(journey__in=journeys, customer__in=customers)
                some = mine.filter(pk__in=draw.sample(list(mine.values_list("pk", flat=True)), min(5, mine.count())))
                match draw.randrange(6):
                    case 0 | 1:
                        made = _rows(shop, journeys, customers, draw, f"{seed}-{turn}")
                        Enrolment._base_manager.bulk_create(made, ignore_conflicts=turn % 2 == 0)
                    case 2:
                        some.update(status=draw.choice(STATUSES), exit_reason=draw.choice(REASONS))
                    case 3:
                        some.update(step=draw.choice("ab"), arm=draw.choice(("treated", "holdout")))
                    case 4:
                        rows = list(some)
                        for row in rows:
                            row.step, row.journey = draw.choice("ab"), draw.choice(journeys)
                        Enrolment._base_manager.bulk_update(rows, ["step", "journey"])
                    case _:
                        some.delete()
                if draw.random() < 0.2:
                    raise RuntimeError
        except RuntimeError:
            pass


@pytest.mark.postgres
@pytest.mark.django_db
def test_after_random_work_kept_numbers_are_what_counting_finds(
    shop: Any, journeys: list[Journey], make_customer: Any
) -> None:
    customers = [make_customer(f"c-{n}").pk for n in range(4)]
    for seed in range(6):
        _work(shop, journeys, customers, seed, 15)
        assert tallies.counted(ENROLMENTS, [one.pk for one in journeys]) == _counted(journeys)
        tallies.fold(shop)
        assert tallies.counted(ENROLMENTS, [one.pk for one in journeys]) == _counted(journeys)
    assert sum(sum(one.values()) for one in _counted(journeys).values()) > 10
    kept = Tally.objects.filter(name=ENROLMENTS.name).exclude(n=0)
    assert kept.count() == sum(len(one) for one in _counted(journeys).values())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_and_a_folder_lose_nothing(shop: Any, journeys: list[Journey], make_customer: Any) -> None:
    customers = [[make_customer(f"c-{worker}-{n}").pk for n in range(4)] for worker in range(2)]
    errors: list[Exception] = []
    is_over = threading.Event()

    def work(worker: int) -> None:
        try:
            with scope(shop=shop):
                _work(shop, journeys, customers[worker], worker, 40)
        except Exception as error:  # noqa: BLE001 - told by the test
            errors.append(error)
        finally:
            connection.close()

    def fold() -> None:
        try:
            while not is_over.wait(0.01):
                tallies.fold(shop)
        except Exception as error:  # noqa: BLE001 - told by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(2)]
    folders = [threading.Thread(target=fold) for _ in range(2)]
    for thread in (*threads, *folders):
        thread.start()
    for thread in threads:
        thread.join()
    is_over.set()
    for thread in folders:
        thread.join()
    assert errors == []
    assert tallies.counted(ENROLMENTS, [one.pk for one in journeys]) == _counted(journeys)


@pytest.mark.postgres
@pytest.mark.django_db
def test_an_amount_is_summed(shop: Any, now: Any) -> None:
    with scopes_disabled():
        offer = Offer._base_manager.create(shop=shop, key="o", name="O", kind="percent", percent=10, created_at=now)
        made = [
            Voucher(shop=shop, offer=offer, code=f"V{n}", issued_at=now, valid_from=now, valid_until=now + timedelta(9),
                    max_uses=5)
            for n in range(4)
        ]  # fmt: skip
        Voucher._base_manager.bulk_create(made)
        Voucher._base_manager.filter(code__in=("V0", "V1")).update(uses=3)
        Voucher._base_manager.filter(code="V1").update(uses=2)
        assert (tallies.counted(ISSUED, [offer.pk]), tallies.counted(REDEEMED, [offer.pk])) == (
            {offer.pk: {("",): 4}},
            {offer.pk: {("",): 5}},
        )
        Voucher._base_manager.filter(code="V0").delete()
        assert tallies.counted(ISSUED, [offer.pk]) == {offer.pk: {("",): 3}}
        assert tallies.counted(REDEEMED, [offer.pk]) == {offer.pk: {("",): 2}}


@pytest.mark.postgres
@pytest.mark.django_db
def test_lost_triggers_are_set_again_and_what_they_missed_is_counted(
    shop: Any, now: Any, journeys: list[Journey], make_customer: Any
) -> None:
    from regulars.core.upkeep import keep_tallies

    assert tallies.missing() == []
    name = f"{ENROLMENTS.trigger}_insert"
    with connection.cursor() as cursor:
        cursor.execute(
            f"DROP TRIGGER {name}" if connection.vendor == "sqlite" else f"DROP TRIGGER {name} ON journeys_enrolment"
        )
    rows = _rows(shop, journeys, [make_customer("c-1").pk], random.Random(1), "k")
    Enrolment._base_manager.bulk_create(rows)
    assert tallies.counted(ENROLMENTS, [one.pk for one in journeys]) != _counted(journeys)
    assert tallies.missing() == [ENROLMENTS]
    keep_tallies(shop, now)
    assert tallies.missing() == []
    assert tallies.counted(ENROLMENTS, [one.pk for one in journeys]) == _counted(journeys)


@pytest.mark.postgres
@pytest.mark.django_db
def test_triggers_of_a_former_definition_go(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tallies.Kept("enrolments", "journeys_enrolment", "journey_id", ("{row}.arm",), ("journey_id", "arm"), "", "1")
    tallies.install(old)
    assert f"{old.trigger}_insert" in tallies._triggers()
    tallies.install_missing()
    assert f"{old.trigger}_insert" not in tallies._triggers()
    assert tallies.missing() == []
