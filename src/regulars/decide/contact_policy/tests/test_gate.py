"""The gate, question by question, in its order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import (
    Wish,
    confirm,
    enrolment_checks,
    freeze,
    grant_due,
    object_to_advertising,
    request,
    suppress,
    thaw,
    use,
    withdraw_consent,
    withdraw_requests,
)
from regulars.decide.contact_policy.models import Consent, Contact, ContactRequest, Decision
from regulars.decide.experiments.models import Assignment

pytestmark = pytest.mark.postgres


def look(pk: int) -> ContactRequest:
    return ContactRequest._base_manager.get(pk=pk)


def reason_of(shop: Any, pk: int, now: datetime) -> str:
    """What the sweep says: "ok", or the reason of the refusal."""
    grant_due(shop, now)
    row = look(pk)
    decision = Decision._base_manager.get(request_id=pk, stage="grant")
    assert (row.status == "granted") == (decision.outcome == "granted")
    assert decision.reason == (row.reason or "ok")
    return decision.reason


def test_rosa_who_consented_is_granted(shop: Any, rosa: Any, ask_for: Any, now: datetime) -> None:
    pk = ask_for(rosa)
    assert reason_of(shop, pk, now) == "ok"
    row = look(pk)
    assert row.send_at == now
    assert row.consent_id == Consent._base_manager.get(customer=rosa, purpose="marketing").pk


def test_otto_who_objected_is_refused_but_served(shop: Any, otto: Any, ask_for: Any, now: datetime) -> None:
    assert reason_of(shop, ask_for(otto), now) == "objection"
    assert reason_of(shop, ask_for(otto, purpose="research"), now) == "objection"
    assert reason_of(shop, ask_for(otto, channel="letter", address=""), now) == "objection"
    assert reason_of(shop, ask_for(otto, purpose="service"), now) == "ok"


@pytest.mark.parametrize("purpose", ["marketing", "service"])
def test_erased_merged_and_test_customers_get_nothing(
    shop: Any, make_customer: Any, ask_for: Any, now: datetime, purpose: str
) -> None:
    erased = make_customer("Erna", erased_at=now)
    target = make_customer("Ziel")
    merged = make_customer("Mona", merged_into=target)
    tester = make_customer("Test", is_test=True)
    assert reason_of(shop, ask_for(erased, purpose=purpose), now) == "erased"
    assert reason_of(shop, ask_for(merged, purpose=purpose), now) == "erased"
    assert reason_of(shop, ask_for(tester, purpose=purpose), now) == "test"


def test_a_suppressed_address_is_never_written_to(shop: Any, rosa: Any, ask_for: Any, now: datetime) -> None:
    assert suppress(shop, "email", " Rosa@Example.COM", "bounced", now)
    assert not suppress(shop, "email", "rosa@example.com", "bounced", now)
    assert reason_of(shop, ask_for(rosa), now) == "suppressed"
    assert reason_of(shop, ask_for(rosa, purpose="service", address="ROSA@example.com"), now) == "suppressed"
    assert reason_of(shop, ask_for(rosa, address=" "), now) == "no_address"


def test_only_proven_consent_for_this_channel_and_purpose_permits(
    shop: Any, make_customer: Any, ask_for: Any, now: datetime
) -> None:
    nina = make_customer("Nina", consents=("research",))
    assert reason_of(shop, ask_for(nina), now) == "no_consent"
    assert reason_of(shop, ask_for(nina, purpose="research"), now) == "ok"
    assert reason_of(shop, ask_for(nina, channel="phone", address="+49301234567"), now) == "no_consent"
    assert reason_of(shop, ask_for(nina, channel="letter", address=""), now) == "ok"
    for state in (Consent.State.UNPROVEN, Consent.State.PENDING, Consent.State.WITHDRAWN):
        Consent._base_manager.filter(customer=nina).update(state=state)
        assert reason_of(shop, ask_for(nina, purpose="research"), now) == "no_consent"


def test_a_frozen_customer_gets_service_only_until_thawed(shop: Any, rosa: Any, ask_for: Any, now: datetime) -> None:
    assert freeze(shop, rosa.pk, "complaint", "case:1", now) == 1
    assert freeze(shop, rosa.pk, "complaint", "case:1", now) == 0
    assert reason_of(shop, ask_for(rosa), now) == "frozen"
    assert reason_of(shop, ask_for(rosa, purpose="service"), now) == "ok"
    assert thaw(shop, "complaint", "case:1", now) == 1
    assert thaw(shop, "complaint", "case:1", now) == 0
    assert reason_of(shop, ask_for(rosa), now) == "ok"


def test_heidi_gets_nothing_of_her_measure_but_of_others(
    shop: Any, heidi: Any, ask_for: Any, make_measure: Any, now: datetime
) -> None:
    hers, other = make_measure("win-back"), make_measure("birthday")
    Assignment._base_manager.create(shop=shop, measure=hers, customer=heidi, arm="holdout", assigned_at=now)
    assert reason_of(shop, ask_for(heidi, measure=hers), now) == "holdout"
    assert reason_of(shop, ask_for(heidi, measure=other), now) == "ok"
    assert reason_of(shop, ask_for(heidi, measure=hers, purpose="service"), now) == "ok"


def test_who_comes_without_an_arm_is_assigned_at_the_gate(
    shop: Any, rosa: Any, ask_for: Any, make_measure: Any, now: datetime
) -> None:
    measure = make_measure(holdout_share="0.9")
    pk = ask_for(rosa, measure=measure)
    reason = reason_of(shop, pk, now)
    arm = Assignment._base_manager.get(measure=measure, customer=rosa).arm
    assert reason == ("holdout" if arm == "holdout" else "ok")


def test_the_global_holdout_gets_no_advertising_at_all(shop: Any, rosa: Any, ask_for: Any, now: datetime) -> None:
    shop.global_holdout_share = 1
    assert reason_of(shop, ask_for(rosa), now) == "holdout"
    assert reason_of(shop, ask_for(rosa, purpose="research"), now) == "holdout"
    assert reason_of(shop, ask_for(rosa, purpose="service"), now) == "ok"


def test_the_budget_counts_all_channels_and_both_advertising_purposes(
    shop: Any, rosa: Any, ask_for: Any, now: datetime
) -> None:
    first, second = ask_for(rosa), ask_for(rosa, channel="letter", address="")
    assert [reason_of(shop, first, now), reason_of(shop, second, now)] == ["ok", "ok"]
    assert use(shop, [first, second], now) == 2
    assert use(shop, [first, second], now) == 0
    assert reason_of(shop, ask_for(rosa, purpose="research"), now) == "budget"
    assert reason_of(shop, ask_for(rosa, purpose="service"), now) == "ok"
    later = now + timedelta(days=7, minutes=1)
    assert reason_of(shop, ask_for(rosa, earliest=later, latest=later + timedelta(hours=1)), later) == "ok"
    assert Contact._base_manager.filter(customer=rosa).count() == 2


def test_a_higher_goal_takes_the_place_of_an_unsent_grant(
    shop: Any, rosa: Any, ask_for: Any, make_measure: Any, now: datetime
) -> None:
    shop.contacts_per_week = 1
    low, high = make_measure("thanks", "data"), make_measure("win-back", "win_back")
    first = ask_for(rosa, measure=low)
    assert reason_of(shop, first, now) == "ok"
    second = ask_for(rosa, measure=high)
    assert reason_of(shop, second, now) == "ok"
    assert (look(first).status, look(first).reason) == ("refused", "outranked")
    assert confirm(shop, [first, second], now)[first].reason == "outranked"


def test_a_grant_on_its_way_gives_way_to_nobody(
    shop: Any, rosa: Any, ask_for: Any, make_measure: Any, now: datetime
) -> None:
    shop.contacts_per_week = 1
    low, high = make_measure("thanks", "data"), make_measure("win-back", "win_back")
    first = ask_for(rosa, measure=low)
    grant_due(shop, now)
    assert confirm(shop, [first], now)[first].allowed
    assert reason_of(shop, ask_for(rosa, measure=high), now) == "budget"
    assert look(first).status == "granted"


def test_of_one_set_the_higher_goal_wins_then_the_earlier_latest(
    shop: Any, rosa: Any, ask_for: Any, make_measure: Any, now: datetime
) -> None:
    shop.contacts_per_week = 2
    low, high = make_measure("thanks", "data"), make_measure("win-back", "win_back")
    lowest = ask_for(rosa, measure=low)
    relaxed = ask_for(rosa, measure=high, latest=now + timedelta(hours=9))
    urgent = ask_for(rosa, measure=high, latest=now + timedelta(hours=2))
    also = ask_for(rosa, measure=high, latest=now + timedelta(hours=5))
    grant_due(shop, now)
    assert [look(pk).status for pk in (urgent, also)] == ["granted", "granted"]
    assert [look(pk).reason for pk in (relaxed, lowest)] == ["budget", "budget"]


def test_quiet_hours_move_the_time_and_too_late_refuses(shop: Any, rosa: Any, ask_for: Any) -> None:
    evening = datetime(2026, 6, 10, 19, 0, tzinfo=UTC)  # 21:00 in Berlin
    moved = ask_for(rosa, earliest=evening, latest=evening + timedelta(days=1))
    assert reason_of(shop, moved, evening) == "ok"
    assert look(moved).send_at == datetime(2026, 6, 11, 6, 0, tzinfo=UTC)
    assert confirm(shop, [moved], evening)[moved].until == datetime(2026, 6, 11, 6, 0, tzinfo=UTC)
    tight = ask_for(rosa, earliest=evening, latest=evening + timedelta(hours=3))
    assert reason_of(shop, tight, evening) == "too_late"
    for hours in (3, 24):  # whoever orders at night looks for the confirmation at night, and a mail wakes nobody
        answer = ask_for(rosa, earliest=evening, latest=evening + timedelta(hours=hours), purpose="service")
        assert reason_of(shop, answer, evening) == "ok"
        assert look(answer).send_at == evening
        assert confirm(shop, [answer], evening)[answer].allowed


def test_who_slept_on_the_grant_is_asked_again_at_sending(shop: Any, rosa: Any, ask_for: Any, now: datetime) -> None:
    pk = ask_for(rosa)
    grant_due(shop, now)
    withdraw_consent(shop, [rosa.pk], "email", "marketing", now + timedelta(minutes=1), "unsubscribe")
    verdict = confirm(shop, [pk], now + timedelta(minutes=2))[pk]
    assert (verdict.allowed, verdict.reason) == (False, "no_consent")
    assert Decision._base_manager.get(request_id=pk, stage="send").outcome == "refused"
    assert confirm(shop, [pk], now + timedelta(minutes=3))[pk].reason == "no_consent"
    assert not Contact._base_manager.filter(customer=rosa).exists()


def test_confirm_puts_off_into_the_morning_and_refuses_when_too_late(
    shop: Any, rosa: Any, ask_for: Any, now: datetime
) -> None:
    pk = ask_for(rosa, latest=now + timedelta(days=1))
    grant_due(shop, now)
    night = datetime(2026, 6, 10, 20, 0, tzinfo=UTC)
    verdict = confirm(shop, [pk], night)[pk]
    morning = datetime(2026, 6, 11, 6, 0, tzinfo=UTC)
    assert (verdict.allowed, verdict.reason, verdict.until) == (False, "quiet", morning)
    assert (look(pk).status, look(pk).send_at) == ("granted", morning)
    assert Decision._base_manager.get(request_id=pk, stage="send").outcome == "postponed"
    assert confirm(shop, [pk], now + timedelta(days=1, seconds=1))[pk].reason == "too_late"


def test_request_is_idempotent_and_withdrawn_requests_stay_away(
    shop: Any, rosa: Any, ask_for: Any, now: datetime
) -> None:
    wish = Wish(rosa.pk, None, "email", "marketing", "rosa@example.com", 1, now, now + timedelta(hours=1), "same")
    assert request(shop, [wish, wish], now) == request(shop, [wish], now)
    (pk,) = request(shop, [wish], now).values()
    assert withdraw_requests(shop, [pk], now, "stopped") == 1
    assert withdraw_requests(shop, [pk], now, "stopped") == 0
    assert grant_due(shop, now) == 0
    assert confirm(shop, [pk], now)[pk].reason == "stopped"


def test_enrolment_asks_what_comes_before_the_holdout(
    shop: Any, rosa: Any, otto: Any, make_customer: Any, now: datetime
) -> None:
    nina = make_customer("Nina", consents=())
    tester = make_customer("Test", is_test=True)
    lost = make_customer("Lost")
    suppress(shop, "email", "lost@example.com", "bounced", now)
    freeze(shop, rosa.pk, "complaint", "case:2", now)
    ids = [rosa.pk, otto.pk, nina.pk, tester.pk, lost.pk]
    assert enrolment_checks(shop, ids, "email", "marketing", now) == {
        rosa.pk: None,
        otto.pk: "objection",
        nina.pk: "no_consent",
        tester.pk: "test",
        lost.pk: "suppressed",
    }


def test_objection_is_idempotent_and_tells_once(shop: Any, rosa: Any, now: datetime) -> None:
    from regulars.know.timeline.models import Event

    assert object_to_advertising(shop, [rosa.pk], now, "phone") == 1
    assert object_to_advertising(shop, [rosa.pk], now, "phone") == 0
    with scope(shop=shop):
        assert Event.objects.filter(type="objection.made", customer=rosa).count() == 1
