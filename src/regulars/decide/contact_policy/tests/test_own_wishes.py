"""What a customer chose counts at the gate (topics, frequency); and the existing-customer rule of § 7 (3) UWG."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from regulars.decide.contact_policy.actions import (
    choose_topics,
    confirm,
    enrolment_checks,
    grant_due,
    object_to_advertising,
    save_topic,
    use,
    wish_frequency,
    withdraw_consent,
)
from regulars.decide.contact_policy.models import Consent, ContactRequest, Decision
from regulars.decide.goals.models import Measure
from regulars.know.orders.models import Order

pytestmark = pytest.mark.postgres


def state(pk: int) -> tuple[str, str]:
    return ContactRequest._base_manager.values_list("status", "reason").get(pk=pk)


def test_who_does_not_want_a_topic_is_left_out_of_its_measures_only(
    shop: Any, rosa: Any, make_measure: Any, ask_for: Any, now: datetime
) -> None:
    save_topic(shop, "vinyl", {"de": "Vinyl"}, {}, now)
    vinyl, other = make_measure("vinyl"), make_measure("other")
    Measure._base_manager.filter(pk=vinyl.pk).update(topic="vinyl")
    choose_topics(shop, rosa.pk, {"vinyl": False}, now)
    assert enrolment_checks(shop, [rosa.pk], "email", "marketing", now, vinyl.pk) == {rosa.pk: "topic"}
    assert enrolment_checks(shop, [rosa.pk], "email", "marketing", now, other.pk) == {rosa.pk: None}
    first, second = ask_for(rosa, measure=vinyl), ask_for(rosa, measure=other)
    service = ask_for(rosa, measure=vinyl, purpose="service")
    grant_due(shop, now)
    assert [state(pk)[0] for pk in (first, second, service)] == ["refused", "granted", "granted"]
    assert Decision._base_manager.get(request_id=first).reason == "topic"
    choose_topics(shop, rosa.pk, {"vinyl": True}, now)
    assert enrolment_checks(shop, [rosa.pk], "email", "marketing", now, vinyl.pk) == {rosa.pk: None}


def test_a_word_spoken_after_the_grant_is_heard_by_the_sender(
    shop: Any, rosa: Any, make_measure: Any, ask_for: Any, now: datetime
) -> None:
    save_topic(shop, "vinyl", {"de": "Vinyl"}, {}, now)
    vinyl = make_measure("vinyl")
    Measure._base_manager.filter(pk=vinyl.pk).update(topic="vinyl")
    pk = ask_for(rosa, measure=vinyl)
    grant_due(shop, now)
    choose_topics(shop, rosa.pk, {"vinyl": False}, now)
    verdict = confirm(shop, [pk], now)[pk]
    assert (verdict.allowed, verdict.reason) == (False, "topic")


@pytest.mark.parametrize("wish", [None, 1, 2])
def test_a_customers_own_frequency_counts_where_it_is_less_than_the_shops(
    shop: Any, rosa: Any, ask_for: Any, now: datetime, wish: int | None
) -> None:
    shop.contacts_per_week = shop.contacts_per_month = 3
    shop.save()
    wish_frequency(shop, rosa.pk, wish, now)
    pks = [ask_for(rosa) for _time in range(5)]
    grant_due(shop, now)
    granted = [pk for pk in pks if state(pk)[0] == "granted"]
    assert len(granted) == (wish or 3)
    verdicts = confirm(shop, granted, now)
    assert all(one.allowed for one in verdicts.values())
    use(shop, granted, now)
    # and until the first is 30 days old there is room for no more
    later = now + timedelta(days=20)
    late = ask_for(rosa, earliest=later, latest=later + timedelta(days=1))
    grant_due(shop, later)
    assert state(late)[0] == "refused"
    month = now + timedelta(days=31)
    again = ask_for(rosa, earliest=month, latest=month + timedelta(days=1))
    grant_due(shop, month)
    assert state(again)[0] == "granted"


def test_a_wish_spoken_after_the_grants_is_heard_by_the_sender(
    shop: Any, rosa: Any, ask_for: Any, now: datetime
) -> None:
    shop.contacts_per_week = shop.contacts_per_month = 3
    shop.save()
    pks = [ask_for(rosa) for _time in range(3)]
    grant_due(shop, now)
    wish_frequency(shop, rosa.pk, 1, now)
    allowed = [one.allowed for one in confirm(shop, pks, now).values()]
    assert allowed.count(True) == 1


@pytest.fixture
def buyer(shop: Any, lena: Any, make_measure: Any, now: datetime) -> tuple[Any, Measure]:
    """Lena bought in May and never agreed to anything; the shop has told its buyers since April; the goods are similar."""
    Consent._base_manager.filter(customer=lena).delete()
    shop.existing_customers_since = date(2026, 4, 1)
    shop.save()
    Order._base_manager.create(
        shop=shop, customer=lena, number="u1", placed_at=now - timedelta(days=10), currency="EUR", value=1000,
        list_value=1000, units=1, is_counted=True,
    )  # fmt: skip
    measure = make_measure("similar")
    Measure._base_manager.filter(pk=measure.pk).update(is_similar_goods=True)
    return lena, measure


def test_all_four_conditions_permit(shop: Any, buyer: Any, ask_for: Any, now: datetime) -> None:
    lena, measure = buyer
    assert enrolment_checks(shop, [lena.pk], "email", "marketing", now, measure.pk) == {lena.pk: None}
    pk = ask_for(lena, measure=measure)
    grant_due(shop, now)
    assert state(pk)[0] == "granted"
    assert ContactRequest._base_manager.get(pk=pk).consent_id is None
    assert Decision._base_manager.get(request_id=pk).data["ground"] == "existing_customer"
    assert confirm(shop, [pk], now)[pk].allowed


@pytest.mark.parametrize(
    "missing", ["sale", "old_sale", "cancelled", "similar", "notice", "withdrawn", "objection", "channel", "research"]
)
def test_each_condition_is_needed(shop: Any, buyer: Any, ask_for: Any, now: datetime, missing: str) -> None:
    lena, measure = buyer
    orders = Order._base_manager.filter(customer=lena)
    channel, purpose = "email", "marketing"
    match missing:
        case "sale":
            orders.delete()
        case "old_sale":
            orders.update(placed_at=now - timedelta(days=400))
        case "cancelled":
            orders.update(is_counted=False)
        case "similar":
            Measure._base_manager.update(is_similar_goods=False)
        case "notice":
            shop.existing_customers_since = None
            shop.save()
        case "withdrawn":
            withdraw_consent(shop, [lena.pk], "email", "marketing", now)
        case "objection":
            object_to_advertising(shop, [lena.pk], now)
        case "channel":
            channel = "sms"
        case "research":
            purpose = "research"
    pk = ask_for(
        lena,
        measure=measure,
        channel=channel,
        purpose=purpose,
        address="+49301234567" if channel == "sms" else "lena@example.com",
    )
    grant_due(shop, now)
    assert state(pk)[0] == "refused"
    assert state(pk)[1] in ("no_consent", "objection")
