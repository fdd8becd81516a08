"""Every figure of communication on messages few enough to count by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from regulars.decide.contact_policy.models import Contact, ContactRequest
from regulars.decide.goals.models import Goal, Measure
from regulars.insights import costs, kpis
from regulars.insights.figures import Figure
from regulars.insights.models import Cost
from regulars.know.customers.models import Customer
from regulars.reach.messaging.models import Delivery, Message, Template, TemplateVersion


@pytest.fixture
def measures(shop: Any, now: Any) -> dict[str, Measure]:
    goal = Goal._base_manager.create(shop=shop, kind="hold", rank=2, kpi="retention_rate")
    return {
        key: Measure._base_manager.create(
            shop=shop, key=key, name=key, goal=goal, kpi="retention_rate", status="running", salt="s", created_at=now,
            occasion="birthday" if key == "birthday" else "",
        )
        for key in ("news", "birthday")
    }  # fmt: skip


@pytest.fixture
def send(shop: Any, now: Any, measures: Any) -> Any:
    """`send("rosa", "2026-05-03 10:00", opened="…", clicked=["…"], bounced=True, …)`: one message, as the sender leaves it."""
    template = Template._base_manager.create(shop=shop, key="t", name="T")
    version = TemplateVersion.objects.create(
        template=template, locale="de", version=1, subject="s", source="", created_at=now
    )

    def at(moment: str) -> datetime:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)

    def make(
        name: str, moment: str, *, measure: str = "news", opened: Any = (), clicked: Any = (), machine: Any = (),
        tracked: bool = True, contact: bool = True, **news: Any,
    ) -> Message:  # fmt: skip
        customer = Customer._base_manager.get(shop=shop, number=name)
        key = f"{name}-{Message._base_manager.count()}"
        request = ContactRequest._base_manager.create(
            shop=shop, customer=customer, measure=measures[measure], channel="email", purpose="marketing", key=key,
            earliest=at(moment), latest=at(moment), created_at=at(moment), status="used",
        )  # fmt: skip
        message = Message._base_manager.create(
            shop=shop, customer=customer, measure=measures[measure], request=request, version=version,
            purpose="marketing", address="a@example.com", message_id=f"{key}@x", may_track=tracked, key=key,
            created_at=at(moment), status="done", sent_at=at(moment),
            **{f"{name}_at": at(moment) for name, is_so in news.items() if is_so},
        )  # fmt: skip
        if contact:
            Contact._base_manager.create(
                shop=shop, customer=customer, measure=measures[measure], request=request, channel="email",
                purpose="marketing", at=at(moment),
            )  # fmt: skip
        for kind, moments in (("opened", opened), ("clicked", clicked), ("clicked", machine)):
            for one in moments:
                Delivery.objects.create(
                    message=message, kind=kind, at=at(one), judged_at=at(one), by_machine=moments is machine
                )
        return message

    return make


@pytest.fixture
def may(shop: Any, now: Any) -> Any:
    def figures(*keys: str, **more: Any) -> dict[str, Figure]:
        found = kpis.compute(shop, date(2026, 5, 1), date(2026, 6, 1), keys, now=now, **more)
        return {one.key: one for one in found}

    return figures


@pytest.fixture
def mailed(shop: Any, write_orders: Any, send: Any) -> Any:
    """Rosa clicks and orders, Nico opens and orders next day, Lena's comes back, Otto leaves, Heidi is not tracked."""
    write_orders(
        shop,
        [
            ("rosa", "2026-04-01 10:00", 1000),
            ("rosa", "2026-05-05 10:00", 4000),
            ("nico", "2026-05-03 22:00", 2000),
            ("nico", "2026-05-20 10:00", 9900),
            ("lena", "2025-07-01 10:00", 500),
            ("otto", "2025-08-01 10:00", 500),
            ("heidi", "2025-09-01 10:00", 500),
        ],
    )
    send("rosa", "2026-05-01 10:00", opened=["2026-05-01 11:00"], clicked=["2026-05-02 10:00", "2026-05-03 10:00"])
    send("rosa", "2026-05-04 10:00", measure="birthday", opened=["2026-05-05 07:00"])
    send("nico", "2026-05-03 10:00", opened=["2026-05-03 12:00"])
    send("lena", "2026-05-06 10:00", bounced=True, contact=False)
    send("otto", "2026-05-07 10:00", unsubscribed=True, complained=True, machine=["2026-05-07 10:00"])
    send("heidi", "2026-05-08 10:00", tracked=False)
    send("heidi", "2026-04-08 10:00", clicked=["2026-04-09 10:00"])


def parts(found: Figure) -> tuple[Any, Any]:
    return found.numerator, found.denominator


def test_shares_of_messages(mailed: Any, may: Any) -> None:
    found = may()
    assert parts(found["delivery_rate"]) == (5, 6)
    assert parts(found["bounce_rate"]) == (1, 6)
    assert parts(found["open_rate"]) == (3, 4)
    assert parts(found["click_rate"]) == (1, 4)  # the scanner's click does not count
    assert parts(found["unsubscribe_rate"]) == (1, 5)
    assert parts(found["spam_complaint_rate"]) == (1, 5)


def test_an_order_is_owed_to_the_last_click_else_the_last_open(mailed: Any, may: Any, measures: Any) -> None:
    """Rosa opened the birthday mail later than she clicked the news: the click counts. Nico's second order is owed to none."""
    assert parts(may("conversion_rate")["conversion_rate"]) == (2, 5)
    of_birthday = may("conversion_rate", measure_id=measures["birthday"].pk)["conversion_rate"]
    assert parts(of_birthday) == (0, 1)
    assert parts(may("conversion_rate", measure_id=measures["news"].pk)["conversion_rate"]) == (2, 4)


def test_a_click_counts_for_five_days_and_an_open_for_one(shop: Any, write_orders: Any, send: Any, may: Any) -> None:
    write_orders(
        shop,
        [
            ("rosa", "2026-05-07 11:59", 100),  # UTC+2: 9:59, one minute before the click is five days old
            ("nico", "2026-05-07 12:01", 100),
            ("lena", "2026-05-03 11:59", 100),
            ("otto", "2026-05-03 12:01", 100),
            ("heidi", "2026-05-01 10:00", 100),  # ordered before the click
        ],
    )
    for name in ("rosa", "nico", "heidi"):
        send(name, "2026-05-01 10:00", clicked=["2026-05-02 10:00"])
    for name in ("lena", "otto"):
        send(name, "2026-05-01 10:00", opened=["2026-05-02 10:00"])
    assert parts(may("conversion_rate")["conversion_rate"]) == (2, 5)


def test_response_time_is_the_median_of_those_who_responded(mailed: Any, may: Any) -> None:
    found = may("customer_response_time")["customer_response_time"]
    # Rosa clicked after 24 hours; Nico's order came 10 hours after his mail; two others with consent did nothing.
    assert parts(found) == (2, 4)
    assert found.value == pytest.approx((24 + 10) / 2 / 24)
    assert found.detail == {"responded_share": 0.5}


def test_contacts_before_each_behaviour(mailed: Any, may: Any) -> None:
    found = may("actions_per_interaction")["actions_per_interaction"]
    # Rosa: two since April; Nico: one before his first order, none between the two.
    assert parts(found) == (3, 3)
    assert found.detail == {"contacts_without_behaviour": 2}  # Otto, Heidi


def test_contacts_a_year_and_the_neglected(mailed: Any, may: Any) -> None:
    found = may("contacts_per_customer_year", "neglected_share")
    assert parts(found["contacts_per_customer_year"]) == (5, 5)
    assert found["contacts_per_customer_year"].value == pytest.approx(365 / 31)
    assert parts(found["neglected_share"]) == (1, 5)  # Lena's only mail came back


def test_birthday_mails_against_others(mailed: Any, may: Any, send: Any, write_orders: Any, shop: Any) -> None:
    send("nico", "2026-05-19 10:00", measure="birthday", clicked=["2026-05-19 11:00"])
    found = may("birthday_effect")["birthday_effect"]
    assert found.value == pytest.approx((9900 / 2) / (6000 / 3))


def test_winning_against_keeping_from_the_costs_entered(mailed: Any, may: Any, shop: Any, now: Any) -> None:
    assert may("cost_win_vs_keep")["cost_win_vs_keep"].reason == "no_costs"
    costs.enter(shop, Cost.Kind.WINNING, date(2026, 5, 17), 6000, None, now)
    costs.enter(shop, Cost.Kind.KEEPING, date(2026, 5, 1), 3000, None, now)
    # One new customer (Nico); rosa, lena, otto and heidi active at both ends.
    assert may("cost_win_vs_keep")["cost_win_vs_keep"].value == pytest.approx(6000 / (3000 / 4))
    found = may("offer_conversion")["offer_conversion"]
    assert parts(found) == (2, 4)  # Rosa's two, both within five days before her order; Otto's, Heidi's
    assert found.detail["new"] == {"contacts": 1, "orders": 1, "rate": 1.0, "cost_per_order": 6000.0}  # Nico's first
    costs.enter(shop, Cost.Kind.WINNING, date(2026, 5, 17), 0, None, now)
    assert not Cost._base_manager.filter(shop=shop, kind="winning").exists()


def test_a_cut_month_counts_by_its_days(shop: Any, now: Any) -> None:
    from regulars.insights.periods import Period

    costs.enter(shop, Cost.Kind.KEEPING, date(2026, 4, 1), 3000, None, now)
    half = Period(date(2026, 4, 16), date(2026, 6, 1))
    assert costs.entered(shop, Cost.Kind.KEEPING, [half, Period(date(2026, 5, 1), date(2026, 6, 1))]) == [
        Decimal(1500),
        Decimal(0),
    ]


def test_without_messages_each_says_why(shop: Any, write_orders: Any, may: Any) -> None:
    write_orders(shop, [("rosa", "2026-05-05 10:00", 4000)])
    found = may()
    assert {key: found[key].reason for key in ("open_rate", "bounce_rate", "birthday_effect", "offer_conversion")} == {
        "open_rate": "no_tracked",
        "bounce_rate": "no_messages",
        "birthday_effect": "no_birthday_mails",
        "offer_conversion": "no_contacts",
    }


def test_a_judged_response_and_a_bounce_reach_the_next_snapshot(mailed: Any, may: Any, send: Any, now: Any) -> None:
    """Only the touched month is rebuilt; a click that nobody has judged yet counts nowhere."""
    assert parts(may("click_rate")["click_rate"]) == (1, 4)
    message = Message._base_manager.get(customer__number="nico")
    moment = datetime(2026, 5, 3, 13, tzinfo=UTC)
    click = Delivery.objects.create(message=message, kind="clicked", at=moment)
    assert parts(may("click_rate")["click_rate"]) == (1, 4)
    Delivery.objects.filter(pk=click.pk).update(judged_at=now)
    assert parts(may("click_rate")["click_rate"]) == (2, 4)
    Message._base_manager.filter(pk=message.pk).update(bounced_at=moment + timedelta(hours=1))
    assert parts(may("bounce_rate")["bounce_rate"]) == (2, 6)


def test_what_a_measure_did_is_kept_with_the_snapshot(mailed: Any, shop: Any, measures: Any, now: Any) -> None:
    from regulars.insights import communication, facts

    news = measures["news"]
    assert communication.of_measure(news, now) is None
    Measure._base_manager.update(started_at=now - timedelta(days=90))
    news.refresh_from_db()
    made = facts.fresh(shop, now)
    communication.keep_all(shop, made, now)
    assert len(list((made.root / "measures").glob("*.json"))) == 2
    found = communication.of_measure(news, now)
    assert found is not None
    assert {key: found.said["funnel"][key] for key in ("sent", "delivered", "tracked", "opened", "clicked", "ordered")} == {
        "sent": 6, "delivered": 5, "tracked": 4, "opened": 2, "clicked": 2, "ordered": 2,
    }  # fmt: skip
    assert sum(sent for _week, sent in communication.by_week(found.said["days"])) == 6


def test_costs_are_entered_on_their_page(shop: Any, now: Any, client: Any, time_machine: Any) -> None:
    from django.urls import reverse

    from regulars.core.actions import create_staff

    time_machine.move_to(datetime(2026, 6, 10, tzinfo=UTC), tick=False)
    path = reverse("shop:costs", args=[shop.slug])
    for role in ("owner", "marketer", "service", "analyst", "till"):
        staff = create_staff(f"{role}@example.com", now=now, shop=shop, role=role, locale="de")
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(path).status_code == (200 if role == "owner" else 403), role
        assert client.post(path, {"winning-2026-05": "1"}).status_code == (302 if role == "owner" else 403)
        client.logout()
    client.force_login(
        create_staff("chefin@example.com", now=now, shop=shop, role="owner", locale="de"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.post(path, {"winning-2026-05": "1.200,50", "keeping-2026-05": "0", "keeping-2026-04": "7"})
    assert dict(Cost._base_manager.values_list("kind", "amount")) == {"winning": 120050, "keeping": 700}
    assert 'value="1.200,50"' in client.get(path).content.decode()
    refused = client.post(path, {"winning-2026-05": "viel"})
    assert refused.status_code == 200
    assert Cost._base_manager.get(kind="winning").amount == 120050
