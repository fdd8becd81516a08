"""Rehearsals: a small shop counted by hand, the real engine on the same history, and nothing written but its own row."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact
from regulars.decide.segments.fields import FIELDS
from regulars.journeys import actions
from regulars.journeys.models import Enrolment, JourneyDraft
from regulars.journeys.past import Rehearsal
from regulars.journeys.rehearsal.past_entries import Past, note_text
from regulars.journeys.rehearsal.past_segments import PastRule, lives, untold
from regulars.journeys.rehearsal.tryout import path_of

from .handmade import happens, journey_of, run, step

DAY = timedelta(days=1)


def draft_of(shop: Any, now: datetime, *steps: dict[str, Any], **parts: Any) -> Any:
    journey_of(shop, now, *steps, **parts)
    with scope(shop=shop):
        return JourneyDraft.objects.get(key="made")


def rehearsed(shop: Any, draft: Any, now: datetime, limit: int = 2000) -> dict[str, Any]:
    row = actions.rehearse(draft, now)
    with scope(shop=shop):
        while actions.rehearse_page(shop, now, limit):
            pass
    row.refresh_from_db()
    assert row.status == Rehearsal.Status.DONE, row.error
    return row.result


def rows_of_all_tables() -> dict[str, list[Any]]:
    found = {}
    for model in apps.get_models():
        if model is not Rehearsal and model._meta.managed and not model._meta.proxy:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
                found[model._meta.label] = sorted(map(repr, cursor.fetchall()))
    return found


HELLO = {"hello": {"texts": {"de": {"subject": "Hallo", "source": "<mj-text>Hallo</mj-text>"}}}}
EVERY_CLICK = {"trigger": {"kind": "event", "type": "message.clicked"}}


def test_a_small_shop_counted_by_hand(
    shop: Any, rosa: Any, nico: Any, otto: Any, make_customer: Any, now: datetime
) -> None:
    # given clicks in the past year: Rosa three (the second 3 days after the first), Nico one long ago, Otto (who objected) one
    for days, who in ((300, rosa), (297, rosa), (100, rosa), (400, nico), (50, otto), (20, nico)):
        happens(shop, now, "message.clicked", who, at=now - days * DAY, is_history=True)
    mails = [step("wait", "wait", days=1), step("end", "exit")]
    draft = draft_of(shop, now, *mails, **EVERY_CLICK, reentry={"rule": "after_days", "days": 30})
    before = rows_of_all_tables()
    # when it is rehearsed
    found = rehearsed(shop, draft, now)
    # then Rosa comes in twice (once too soon), Nico once, Otto is refused, and not a row but its own has changed
    assert (found["enrolled"], found["customers"], found["too_soon"]) == (3, 2, 1)
    assert found["refused"] == {"objection": 1}
    assert list(found["days"].values()) == [1, 1, 1]
    assert found["a_day"] == round(3 / 365, 1)
    assert rows_of_all_tables() == before


def test_pages_of_any_size_count_the_same(shop: Any, make_customer: Any, now: datetime) -> None:
    people = [make_customer(f"P{number}") for number in range(7)]
    for number, one in enumerate(people):
        happens(shop, now, "message.clicked", one, at=now - (number + 1) * DAY)
    draft = draft_of(shop, now, **EVERY_CLICK)
    one, other = rehearsed(shop, draft, now, limit=2), rehearsed(shop, draft, now)
    assert one == other
    assert one["enrolled"] + sum(one["refused"].values()) == 7


def test_queries_do_not_grow_with_the_page(shop: Any, make_customer: Any, now: datetime) -> None:
    draft = draft_of(shop, now, step("ask", "branch", ordered=True, then="end"), step("end", "exit"), **EVERY_CLICK)
    counts = []
    for number, size in enumerate((3, 40)):
        for person in range(size):
            one = make_customer(f"Q{number}x{person}")
            happens(shop, now, "message.clicked", one, at=now - DAY)
        actions.rehearse(draft, now)
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            assert actions.rehearse_page(shop, now, 1000)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_budget_is_asked_beside_what_was_sent(
    shop: Any, rosa: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a budget of one contact a week, and three clicks of Rosa's: two close to each other, one far away
    shop.contacts_per_week, shop.contacts_per_month = 1, 4
    shop.save()
    for days in (60, 58, 20):
        happens(shop, now, "message.clicked", rosa, at=now - days * DAY)
    draft = draft_of(shop, now, step("hello", "send", message="hello"), **EVERY_CLICK, messages=HELLO)
    found = rehearsed(shop, draft, now)
    assert (found["enrolled"], found["mails"], found["over_budget"]) == (3, 3, 1)
    assert not Contact._base_manager.exists()


@pytest.mark.parametrize(
    ("reentry", "expected"),
    [
        ({"rule": "every_time"}, 5),
        ({"rule": "once"}, 2),
        ({"rule": "yearly"}, None),
        ({"rule": "after_days", "days": 20}, 4),
    ],
)
def test_the_real_engine_takes_in_as_many_on_the_same_history(
    shop: Any, make_customer: Any, otto: Any, now: datetime, reentry: dict[str, Any], expected: int | None
) -> None:
    """The engine lives through the year day by day; the rehearsal then looks back on the very same events."""
    rosa, nico = (make_customer(name, "Alt", since_days=800) for name in ("Ria", "Nils"))
    start = now - 364 * DAY
    at = {30: [rosa], 35: [rosa, otto], 80: [nico], 330: [rosa], 345: [nico]}
    journey_of(shop, start, step("pause", "wait", hours=1), **EVERY_CLICK, reentry=reentry)
    for day in range(0, 364, 5):
        moment = start + day * DAY
        for person in at.get(day, []):
            happens(shop, moment, "message.clicked", person)
        run(shop, moment)
    treated = Enrolment._base_manager.exclude(status="refused").count()
    with scope(shop=shop):
        draft = JourneyDraft.objects.get(key="made")
    found = rehearsed(shop, draft, now)
    assert found["enrolled"] == treated
    assert expected in (None, treated)
    assert found["refused"] == {"objection": 1}


def test_birthdays_and_days_after_an_order(shop: Any, rosa: Any, now: datetime) -> None:
    rosa.birthday_month, rosa.birthday_day = 2, 29
    rosa.save()
    birthday = draft_of(
        shop, now, trigger={"kind": "customer_date", "date": "birthday", "hour": 9}, reentry={"rule": "yearly"}
    )
    found = rehearsed(shop, birthday, now)
    assert found["enrolled"] == 1
    assert next(iter(found["days"]))[5:] in ("02-28", "02-29")


def test_a_segment_is_worked_out_from_orders_and_what_cannot_be_told_is_said(
    shop: Any, rosa: Any, lena: Any, now: datetime
) -> None:
    rule = {"all": [{"field": "last_order_at", "op": "longer_ago", "value": 60}]}
    asked = PastRule(rule, shop)
    found = lives(shop, {rosa.pk, lena.pk}, now)
    for life in found.values():
        for begin, end in asked.spans(life, now - 365 * DAY, now):
            assert asked.holds(life, begin)
            assert end == now or not asked.holds(life, end)
    assert untold({"all": [{"field": "churn_risk", "op": "at_least", "value": 0.5}]}) == ["churn_risk"]
    draft = draft_of(shop, now, trigger={"kind": "api"})
    told = rehearsed(shop, draft, now)
    assert (told["enrolled"], len(told["notes"])) == (0, 1)


def test_notes_are_read_in_the_language_of_the_reader(shop: Any, now: datetime) -> None:
    past = Past(shop, {"kind": "segment_entered", "segment": "new"}, now - 365 * DAY, now)
    for _again in range(2):
        past.note("Who was in the segment in the past cannot be told from: %(names)s.", names=["churn_risk", "of_ours"])
    past.note("It was asked who is in the segment today.")
    kept = json.loads(json.dumps(past.notes))
    assert len(kept) == 2
    with override("en"):
        assert [note_text(one) for one in kept] == [
            f"Who was in the segment in the past cannot be told from: {FIELDS['churn_risk'].title}, of_ours.",
            "It was asked who is in the segment today.",
        ]
    with override("de"):
        texts = [note_text(one) for one in kept]
        assert str(FIELDS["churn_risk"].title) in texts[0]
        assert texts[1] == "Gefragt wurde, wer heute im Segment ist."


def test_the_path_with_the_most_mails_is_counted_and_a_second_rehearsal_ends_the_first(
    shop: Any, now: datetime
) -> None:
    steps = [
        step("wait", "wait", days=3),
        step("ask", "branch", ordered=True, then="end"),
        step("one", "send", message="m"),
        step("more", "wait", days=2),
        step("two", "send", message="m"),
        step("end", "exit"),
    ]
    path = path_of(steps)
    assert [after.days for after in path.sends] == [3, 5]
    assert path.asks["ask"] == 3 * DAY
    draft = draft_of(shop, now, **EVERY_CLICK)
    first = actions.rehearse(draft, now)
    second = actions.rehearse(draft, now)
    first.refresh_from_db()
    assert (first.status, second.status) == ("cancelled", "due")
