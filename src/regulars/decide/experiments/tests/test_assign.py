"""Holdouts: stable, uniform, independent, stored, safe with two workers."""

import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import connections
from scipy.stats import chi2, chisquare

from regulars.decide.experiments.actions import assign, draw
from regulars.decide.experiments.models import Assignment, GlobalHoldout
from regulars.decide.experiments.sweeps import stop_rules
from regulars.decide.goals.actions import create_measure, start_measure


def measure_of(shop: Any, key: str, now: datetime, **fields: Any) -> Any:
    return create_measure(shop, key, key, "win_back", "reactivated_customers", now=now, **fields)


def test_draws_are_uniform_and_independent_between_measures() -> None:
    one, other = ([draw(salt, customer) for customer in range(20_000)] for salt in ("a" * 32, "b" * 32))
    counts = [0] * 20
    table = [[0] * 4 for _ in range(4)]
    for x, y in zip(one, other, strict=True):
        counts[int(x * 20)] += 1
        table[int(x * 4)][int(y * 4)] += 1
    assert chisquare(counts).pvalue > 0.001
    expected = 20_000 / 16
    statistic = sum((cell - expected) ** 2 / expected for row in table for cell in row)
    assert chi2.sf(statistic, df=15) > 0.001
    assert draw("a" * 32, 17) == one[17]


def test_the_draw_is_the_hmac_and_does_not_change_between_versions() -> None:
    digest = (
        "7e1b4d6f2e446ca93d9b14a3479d463ccecb0a95b3ceb1939b30f941f51dd33d"  # printf 1 | openssl dgst -sha256 -hmac salt
    )
    assert draw("salt", 1) == (int(digest[:16], 16) >> 11) / 2**53


@pytest.mark.django_db
def test_assignments_are_stored_and_a_new_share_moves_nobody(shop: Any, make_customer: Any, now: datetime) -> None:
    customers = [make_customer(f"C{number}").pk for number in range(60)]
    measure = measure_of(shop, "win-back", now, holdout_share="0.5")
    first = assign(shop, measure, customers, now)
    assert set(first.values()) == {"treated", "holdout"}
    measure.holdout_share = 0
    measure.save()
    shop.global_holdout_share = 1
    assert assign(shop, measure, customers, now) == first
    assert Assignment._base_manager.count() == 60


@pytest.mark.django_db
def test_the_global_holdout_comes_first_and_outlives_a_new_secret(
    shop: Any, rosa: Any, now: datetime, settings: Any
) -> None:
    shop.global_holdout_share = 1
    measure = measure_of(shop, "win-back", now, holdout_share=0)
    assert assign(shop, measure, [rosa.pk], now) == {rosa.pk: "holdout"}
    assert Assignment._base_manager.get().cause == "global"
    salt = GlobalHoldout._base_manager.get().salt
    settings.SECRET_KEY = "another"
    service = measure_of(shop, "sorry", now, purpose="service")
    other = measure_of(shop, "other", now, holdout_share=0)
    assert assign(shop, service, [rosa.pk], now) == {rosa.pk: "treated"}
    assert assign(shop, other, [rosa.pk], now) == {rosa.pk: "holdout"}
    assert GlobalHoldout._base_manager.get().salt == salt


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "days", "stops"),
    [({"after_days": 10}, 9, False), ({"after_days": 10}, 10, True), ({"on": "2026-06-12"}, 1, False),
     ({"on": "2026-06-12"}, 2, True), ({"after_customers": 2}, 0, False), ({"after_customers": 1}, 0, True)],
)  # fmt: skip
def test_a_stop_rule_stops_its_measure(shop: Any, rosa: Any, now: datetime, rule: Any, days: int, stops: bool) -> None:
    from datetime import timedelta

    measure = start_measure(measure_of(shop, "win-back", now, stop_rule=rule), now)
    assign(shop, measure, [rosa.pk], now)
    assert stop_rules(shop, now + timedelta(days=days)) == int(stops)
    measure.refresh_from_db()
    assert measure.status == ("stopped" if stops else "running")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_agree_on_every_arm(shop: Any, make_customer: Any, now: datetime) -> None:
    customers = [make_customer(f"C{number}").pk for number in range(200)]
    measure = measure_of(shop, "win-back", now, holdout_share="0.3")
    results: list[dict[int, str]] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            results.append(assign(shop, measure, customers, now))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results[0] == results[1]
    assert Assignment._base_manager.filter(measure=measure).count() == 200
