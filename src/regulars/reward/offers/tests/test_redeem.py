"""A voucher is redeemed as often as it says, once an idempotency key, and never against its conditions."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from regulars.core.actions import create_shop
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event
from regulars.reward.offers import actions
from regulars.reward.offers.models import Offer, Voucher, VoucherRedemption

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def craft(db: None) -> Shop:
    return create_shop("craft", now=NOW)


@pytest.fixture
def rosa_of_craft(craft: Shop) -> Customer:
    return Customer._base_manager.create(shop=craft, number="1", first_name="Rosa", created_at=NOW, updated_at=NOW)


def offer(shop: Shop, **fields: object) -> Offer:
    return actions.save_offer(
        shop, "ten", now=NOW, **{"name": "Ten percent", "kind": "percent", "percent": 10, **fields}
    )


def test_a_voucher_is_worth_its_percentage_and_is_then_used_up(craft: Shop, rosa_of_craft: Customer) -> None:
    voucher = actions.issue(craft, offer(craft), [(rosa_of_craft.pk, "k1")], now=NOW)[rosa_of_craft.pk]

    answer = actions.redeem(craft, voucher.code, idempotency_key="o1", now=NOW, order_number="o1", order_value=4_995)

    assert answer["discount"] == 500  # 499.5, half up
    assert answer["uses_left"] == 0
    with pytest.raises(Refused) as refusal:
        actions.redeem(craft, voucher.code, idempotency_key="o2", now=NOW, order_value=4_995)
    assert refusal.value.code == "used_up"
    assert Event._base_manager.filter(shop=craft, type="voucher.redeemed", customer=rosa_of_craft).count() == 1


def test_the_same_key_again_gives_the_first_answer_and_takes_nothing(craft: Shop, rosa_of_craft: Customer) -> None:
    ten = offer(craft, max_uses=2)
    voucher = actions.issue(craft, ten, [(rosa_of_craft.pk, "k1")], now=NOW)[rosa_of_craft.pk]

    first = actions.redeem(craft, voucher.code, idempotency_key="o1", now=NOW)
    again = actions.redeem(craft, voucher.code, idempotency_key="o1", now=NOW + timedelta(days=400))

    assert again == first
    voucher.refresh_from_db()
    assert voucher.uses == 1
    other = actions.issue_public(craft, ten, now=NOW, code="SPRING")
    with pytest.raises(Refused) as refusal:
        actions.redeem(craft, other.code, idempotency_key="o1", now=NOW)
    assert refusal.value.code == "key_used_elsewhere"


@pytest.mark.parametrize(
    ("change", "when", "value", "word"),
    [
        ({}, timedelta(days=30), None, "expired"),
        ({}, -timedelta(seconds=1), None, "not_valid_yet"),
        ({"minimum_value": 3000}, timedelta(0), 2999, "below_minimum"),
        ({"minimum_value": 3000}, timedelta(0), None, "value_needed"),
    ],
)
def test_conditions_are_kept(
    craft: Shop,
    rosa_of_craft: Customer,
    change: dict[str, object],
    when: timedelta,
    value: int | None,
    word: str,
) -> None:
    voucher = actions.issue(craft, offer(craft, **change), [(rosa_of_craft.pk, "k1")], now=NOW)[rosa_of_craft.pk]

    with pytest.raises(Refused) as refusal:
        actions.redeem(craft, voucher.code, idempotency_key="o1", now=NOW + when, order_value=value)
    assert refusal.value.code == word

    voucher.refresh_from_db()
    assert voucher.uses == 0
    assert not VoucherRedemption._base_manager.exists()


def test_issuing_twice_with_one_key_makes_one_voucher(craft: Shop, rosa_of_craft: Customer) -> None:
    ten = offer(craft)
    first = actions.issue(craft, ten, [(rosa_of_craft.pk, "k1")], now=NOW)
    second = actions.issue(craft, ten, [(rosa_of_craft.pk, "k1")], now=NOW + timedelta(days=1))

    assert first[rosa_of_craft.pk].code == second[rosa_of_craft.pk].code
    assert Voucher._base_manager.count() == 1
    assert Event._base_manager.filter(type="voucher.issued").count() == 1


def test_issuing_needs_the_same_number_of_queries_for_any_number_of_customers(
    craft: Shop, django_assert_max_num_queries: object
) -> None:
    ten = offer(craft)
    people = Customer._base_manager.bulk_create(
        [Customer(shop=craft, number=str(i), created_at=NOW, updated_at=NOW) for i in range(600)]
    )
    for size in (10, 500):
        with django_assert_max_num_queries(10):  # type: ignore[operator]
            actions.issue(craft, ten, [(one.pk, f"{size}:{one.pk}") for one in people[:size]], now=NOW)


def test_a_cancelled_voucher_is_refused_and_a_used_one_is_not_cancelled(craft: Shop, rosa_of_craft: Customer) -> None:
    made = actions.issue(craft, offer(craft), [(rosa_of_craft.pk, "k1")], now=NOW)[rosa_of_craft.pk]

    assert actions.cancel(craft, ["k1"], now=NOW, reason="not sent") == 1
    assert actions.cancel(craft, ["k1"], now=NOW, reason="not sent") == 0

    with pytest.raises(Refused) as refusal:
        actions.redeem(craft, made.code, idempotency_key="o1", now=NOW)
    assert refusal.value.code == "cancelled"


def test_codes_are_read_as_people_type_them() -> None:
    code = actions.new_code()
    assert actions.tidy_code(f" {code.lower().replace('-', ' ')} ") == code
    assert actions.tidy_code("spring") == "SPRING"


@pytest.mark.django_db(transaction=True)
def test_the_last_use_is_given_once_to_many_who_ask_at_once() -> None:
    shop = create_shop("craft", now=NOW)
    code = actions.issue_public(shop, offer(shop), now=NOW, code="LAST", max_uses=3).code
    results: list[str] = []
    start = threading.Barrier(8)

    def ask(number: int) -> None:
        start.wait()
        try:
            actions.redeem(shop, code, idempotency_key=f"o{number}", now=NOW)
            results.append("ok")
        except Refused:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["ok"] * 3 + ["refused"] * 5
    assert VoucherRedemption._base_manager.count() == 3
