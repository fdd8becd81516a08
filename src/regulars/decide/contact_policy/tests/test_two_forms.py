"""The budget in SQL and the budget moment by moment say the same of every history."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.decide.contact_policy import room
from regulars.decide.contact_policy.actions import Wish, grant_due, request, wish_frequency
from regulars.decide.contact_policy.models import Contact, ContactRequest, Decision

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

WHO = st.integers(0, 3)
CONTACT = st.tuples(WHO, st.integers(-31 * 24, 2))
"""Who was contacted, hours from now (a contact ahead happens where a clock was set wrong)."""
GRANT = st.tuples(WHO, st.integers(0, 2), st.integers(-30, 30), st.booleans())
"""An unused grant: of whom, of which measure, hours until it may go out, whether it is on its way."""
WANTED = st.tuples(
    WHO, st.integers(0, 2), st.sampled_from(["marketing", "research", "service"]), st.integers(-200, 23),
    st.integers(1, 300),
)  # fmt: skip
"""A waiting request: of whom, of which measure, its purpose, hours until its earliest, and from there to its latest time."""


def play(shop: Any, people: list[Any], measures: list[Any], now: datetime, history: Any) -> None:
    contacts, grants, wanted = history
    wishes = []
    for place, (who, which, purpose, begin, length) in enumerate(
        [*wanted, *((*one[:2], "marketing", 0, 99) for one in grants)]
    ):
        earliest = now + timedelta(hours=begin)
        customer = people[who]
        wishes.append(
            Wish(
                customer.pk, measures[which].pk, "email", purpose, f"{customer.number}@example.com",
                measures[which].goal.rank, earliest, earliest + timedelta(hours=length), f"{place:03}",
            )
        )  # fmt: skip
    ids = request(shop, wishes, now)
    for place, (_who, _which, hours, is_on_its_way) in enumerate(grants, len(wanted)):
        at = now + timedelta(hours=hours)
        ContactRequest._base_manager.filter(pk=ids[f"{place:03}"]).update(
            status="granted", send_at=at, confirmed_at=min(at, now) if is_on_its_way else None
        )
    for place, (who, hours) in enumerate(contacts):
        wish = Wish(people[who].pk, None, "email", "marketing", "x", 1, now, now, f"made {place}")
        ((_key, pk),) = request(shop, [wish], now).items()
        ContactRequest._base_manager.filter(pk=pk).update(status="used")
        Contact._base_manager.create(
            shop=shop, customer=people[who], request_id=pk, channel="email", purpose="marketing",
            at=now + timedelta(hours=hours),
        )  # fmt: skip


def outcome(shop: Any, people: list[Any], measures: list[Any], now: datetime, history: Any, **how: Any) -> Any:
    with transaction.atomic():
        play(shop, people, measures, now, history)
        grant_due(shop, now, **how)
        requests = ContactRequest._base_manager.order_by("key").values_list("key", "status", "reason", "send_at")
        decisions = Decision._base_manager.order_by("request__key", "reason")
        found = list(requests), list(decisions.values_list("request__key", "outcome", "reason", "customer_id"))
        transaction.set_rollback(True)
    return found


def test_both_forms_of_the_budget_decide_alike(
    shop: Any, make_customer: Any, make_measure: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.contacts_per_week, shop.contacts_per_month = 2, 3
    people = [
        make_customer("Rosa"),
        make_customer("Nico", timezone="Asia/Tokyo"),
        make_customer("Lena", country="US"),
        make_customer("Kim", timezone="Pacific/Auckland", country="NZ"),
    ]
    wish_frequency(shop, people[3].pk, 1, now)
    measures = [make_measure("a", "win_back"), make_measure("b", "basket"), make_measure("c", "data")]
    left: list[int] = []
    decide = room.decide

    def watched(*arguments: Any, **how: Any) -> int:
        left.append(decide(*arguments, **how))
        return left[-1]

    monkeypatch.setattr(room, "decide", watched)

    @given(
        st.tuples(
            st.lists(CONTACT, max_size=8), st.lists(GRANT, max_size=6), st.lists(WANTED, min_size=1, max_size=12)
        ),
        st.integers(0, 23),
    )
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def alike(history: Any, hour: int) -> None:
        at = now + timedelta(hours=hour)
        quick = outcome(shop, people, measures, at, history)
        exact = outcome(shop, people, measures, at, history, is_exact=True)
        assert quick == exact

    alike()
    # and both forms were really asked
    assert any(count == 0 for count in left)
    assert any(count > 0 for count in left)
