"""Every KPI on a shop small enough to count by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from regulars.core.errors import Refused
from regulars.insights import kpis
from regulars.insights.figures import Figure
from regulars.know.orders.models import Order, Refund, Return


@pytest.fixture
def small_shop(shop: Any, write_orders: Any) -> Any:
    """May 2026: Rosa twice (regular since 2024), Nico's first two, Lena back after two years, one order without customer."""
    write_orders(
        shop,
        [
            ("rosa", "2024-01-10 10:00", 2000),
            ("rosa", "2025-11-10 10:00", 3000),
            ("rosa", "2026-04-10 10:00", 1000),
            ("rosa", "2026-05-10 10:00", 4000),
            ("rosa", "2026-05-20 10:00", 2000),
            ("lena", "2024-02-10 10:00", 5000),
            ("lena", "2026-05-12 10:00", 2500),
            ("nico", "2026-05-02 10:00", 1500),
            ("nico", "2026-05-31 23:30", 500),
            ("heidi", "2025-08-01 10:00", 700),
            ("otto", "2025-05-15 10:00", 900),
            (None, "2026-05-05 10:00", 333),
            ("nico", "2026-06-01 00:10", 100),
        ],
    )
    return shop


def may(shop: Any, now: Any, *keys: str) -> dict[str, Figure]:
    return {one.key: one for one in kpis.compute(shop, date(2026, 5, 1), date(2026, 6, 1), keys, now=now)}


def test_basics(small_shop: Any, now: Any) -> None:
    found = may(small_shop, now)

    values = {key: found[key].value for key in ("orders", "identified_orders", "customers", "new_customers")}
    assert values == {"orders": 6, "identified_orders": 5, "customers": 3, "new_customers": 1}
    assert found["revenue"].value == Decimal("108.33")
    assert found["identified_revenue"].value == Decimal("105.00")
    assert found["aov"].value == Decimal("18.0550")
    assert (found["aov"].numerator, found["aov"].denominator) == (Decimal("108.33"), 6)
    assert found["orders_per_customer"].value == pytest.approx(5 / 3)


def test_retention(small_shop: Any, now: Any) -> None:
    found = may(small_shop, now)

    def parts(key: str) -> tuple[Any, Any]:
        return found[key].numerator, found[key].denominator

    assert parts("retention_rate") == (1, 1)  # Rosa in April, and again in May
    assert parts("customer_retention_rate") == (2, 3)  # at start Rosa, Heidi, Otto; Otto is gone by the end
    assert parts("crr_textbook") == (3, 3)  # Rosa, Heidi, Lena, Nico less Nico, over three: Lena lifts it
    assert found["churned_customers"].value == 1
    assert found["reactivated_customers"].value == 1
    assert parts("repurchase_rate") == (2, 3)
    assert parts("returning_share") == (2, 3)
    assert found["aov_existing"].value == Decimal("22.5")
    assert found["aov_new"].value == Decimal(15)
    assert found["revenue_share_existing"].value == pytest.approx(9000 / 10500)
    assert found["median_days_between_orders"].value == 29.5  # 30, 10, 822 and 29 days
    assert found["second_order_rate_30"].denominator == 5
    assert found["second_order_rate_30"].numerator == 1


def test_shares_carry_wilsons_interval(small_shop: Any, now: Any) -> None:
    low, high = may(small_shop, now, "repurchase_rate")["repurchase_rate"].interval or (0, 0)

    assert (round(low, 4), round(high, 4)) == (0.2077, 0.9385)


def test_a_period_is_half_open_in_the_shops_zone(small_shop: Any, now: Any) -> None:
    """Nico's order of 31 May 23:30 is May's; that of 1 June 00:10 in Berlin (31 May in UTC) is June's."""
    [june] = kpis.compute(small_shop, date(2026, 6, 1), date(2026, 7, 1), ["revenue"], now=now)

    assert june.value == Decimal(1)


def test_refunds_follow_their_order_and_others_their_date(small_shop: Any, now: Any) -> None:
    refunds = Refund._base_manager
    order = Order._base_manager.get(shop=small_shop, value=4000)
    april = Order._base_manager.get(shop=small_shop, value=1000)
    Order._base_manager.filter(value=900).update(status="cancelled", is_counted=False)
    cancelled = Order._base_manager.get(value=900)
    for number, (of, day, amount) in enumerate(
        [
            (order, "2026-06-03", 1000),
            (april, "2026-05-03", 100),
            (None, "2026-05-04", 50),
            (cancelled, "2026-05-05", 900),
        ]
    ):
        refunds.create(shop=small_shop, number=str(number), order=of, refunded_at=f"{day}T10:00Z", merchandise=amount)

    found = may(small_shop, now, "revenue_after_refunds")["revenue_after_refunds"]

    assert found.value == Decimal("108.33") - Decimal("10.00") - Decimal("0.50")


def test_what_cannot_be_computed_is_null_with_a_reason(small_shop: Any, now: Any) -> None:
    before = {one.key: one for one in kpis.compute(small_shop, date(2020, 1, 1), date(2020, 2, 1), now=now)}
    assert {one.reason for one in before.values() if one.period} <= {
        "no_data",
        "no_returns",
        "no_discounts",
        "history_too_short",
        "no_fit",
        # figures of communication: nothing was sent, nobody contacted, no costs entered
        "no_messages",
        "no_tracked",
        "no_birthday_mails",
        "no_contacts",
        "no_costs",
        "empty_denominator",
    }
    assert all(one.value is None for one in before.values())

    first = {one.key: one for one in kpis.compute(small_shop, date(2024, 1, 1), date(2024, 2, 1), now=now)}
    assert first["retention_rate"].reason == "empty_denominator"
    assert first["customer_retention_rate"].reason == "history_too_short"
    assert first["reactivated_customers"].reason == "history_too_short"
    assert first["aov_existing"].reason == "empty_denominator"

    long = {one.key: one for one in kpis.compute(small_shop, date(2025, 3, 1), date(2026, 6, 1), now=now)}
    assert long["customer_retention_rate"].reason == "period_too_long"


def test_a_shop_without_orders_answers_with_reasons(shop: Any, now: Any) -> None:
    found = kpis.compute(shop, date(2026, 5, 1), date(2026, 6, 1), now=now)

    assert all(one.value is None for one in found)
    assert {one.reason for one in found if one.period} == {"no_data"}
    assert [one.as_json() for one in found if one.period is None] == [
        {"key": "cohort_retention", "cohorts": {}, "reason": "no_data"}
    ]


def test_returns_and_discounts(small_shop: Any, write_orders: Any, now: Any) -> None:
    order = Order._base_manager.get(shop=small_shop, value=4000)
    Return._base_manager.create(shop=small_shop, number="r0", returned_at=now, units=1)
    assert may(small_shop, now, "return_rate")["return_rate"].reason == "returns_name_no_order"

    Return._base_manager.create(shop=small_shop, number="r1", order=order, returned_at=now, units=1)
    Return._base_manager.create(shop=small_shop, number="r2", order=order, returned_at=now, units=1)
    found = may(small_shop, now, "return_rate", "return_rate_units", "bargain_hunter_share")
    assert (found["return_rate"].numerator, found["return_rate"].denominator) == (1, 6)
    assert (found["return_rate_units"].numerator, found["return_rate_units"].denominator) == (1, 6)
    assert found["bargain_hunter_share"].reason == "no_discounts"

    Order._base_manager.filter(shop=small_shop, customer__number="nico").update(discount=10)
    Order._base_manager.filter(pk=order.pk).update(discount=10)
    found = may(small_shop, now, "bargain_hunter_share", "full_price_share")
    assert (found["bargain_hunter_share"].numerator, found["bargain_hunter_share"].denominator) == (1, 3)
    assert found["full_price_share"].value == pytest.approx((4 / 5 + 1 + 0) / 3)


def test_cohorts(small_shop: Any, now: Any) -> None:
    [table] = kpis.compute(small_shop, date(2025, 4, 15), date(2026, 7, 1), ["cohort_retention"], now=now)

    cohorts = table.as_json()["cohorts"]
    assert cohorts["2026-05"] == {"size": 1, "active": [1, 1]}
    assert cohorts["2025-08"] == {"size": 1, "active": [1] + [0] * 10}
    assert sorted(cohorts) == ["2025-05", "2025-08", "2026-05"]


def test_relationship_length(small_shop: Any, now: Any) -> None:
    """At 1 June 2026 only Otto's relationship is over (365 days, one order): four go on."""
    found = may(small_shop, now, "relationship")

    median = found["relationship_length"]
    assert (median.value, median.reason, median.numerator, median.denominator) == (None, "not_reached", 1, 5)
    assert found["relationship_length_mean"].value is not None


def test_by_month_cuts_at_the_first(small_shop: Any, now: Any) -> None:
    found = kpis.compute(small_shop, date(2026, 4, 10), date(2026, 6, 2), ["orders"], "month", now=now)

    assert [one.as_json() for one in found] == [
        {
            "key": "orders",
            "period": period,
            "value": n,
            "numerator": n,
            "denominator": None,
            "interval": None,
            "reason": None,
        }
        for period, n in [
            (["2026-04-10", "2026-05-01"], 1),
            (["2026-05-01", "2026-06-01"], 6),
            (["2026-06-01", "2026-06-02"], 1),
        ]
    ]


def test_what_cannot_be_asked_is_refused(small_shop: Any, now: Any) -> None:
    with pytest.raises(Refused, match="no KPI nonsense"):
        kpis.compute(small_shop, date(2026, 5, 1), date(2026, 6, 1), ["nonsense"], now=now)
    with pytest.raises(Refused, match="must end after it starts"):
        kpis.compute(small_shop, date(2026, 5, 1), date(2026, 5, 1), now=now)


def test_the_figures_are_fresh_after_a_change(small_shop: Any, now: Any) -> None:
    assert may(small_shop, now, "orders")["orders"].value == 6
    Order._base_manager.filter(value=333).delete()

    assert may(small_shop, now, "orders")["orders"].value == 5
