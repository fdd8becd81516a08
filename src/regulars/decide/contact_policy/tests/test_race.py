"""Two senders and the sweep at once: the budget is spent once."""

import random
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from regulars.decide.contact_policy.actions import Wish, confirm, grant_due, request, use
from regulars.decide.contact_policy.models import Contact, ContactRequest


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_senders_and_a_higher_goal_never_break_the_budget(
    shop: Any, make_customer: Any, make_measure: Any, now: datetime
) -> None:
    shop.contacts_per_week = 1
    shop.save()
    people = [make_customer(f"C{number}") for number in range(30)]
    low, high = make_measure("low", "data"), make_measure("high", "win_back")

    def wishes(measure: Any, name: str) -> list[Wish]:
        return [
            Wish(
                one.pk, measure.pk, "email", "marketing", f"{one.number}@example.com", measure.goal.rank, now,
                now + timedelta(days=9), f"{name}:{one.pk}",
            )
            for one in people
        ]  # fmt: skip

    request(shop, wishes(low, "low"), now)
    grant_due(shop, now)
    # Grants that were planned for other days and slipped to the same hour: each window of seven days has room for one.
    slipped = request(shop, wishes(low, "slipped"), now)
    ContactRequest._base_manager.filter(pk__in=slipped.values()).update(status="granted", send_at=now)
    errors: list[Exception] = []
    start = threading.Barrier(3)

    def sender(seed: int) -> None:
        order = random.Random(seed)
        start.wait()
        try:
            for _round in range(8):
                rows = ContactRequest._base_manager.filter(shop=shop, status="granted")
                ids = list(rows.values_list("pk", flat=True))
                order.shuffle(ids)
                for begin in range(0, len(ids), 7):
                    verdicts = confirm(shop, ids[begin : begin + 7], now)
                    allowed = [pk for pk, verdict in verdicts.items() if verdict.allowed]
                    use(shop, allowed, now)
        except Exception as error:  # noqa: BLE001 (a thread tells what went wrong)
            errors.append(error)
        finally:
            connections.close_all()

    def sweep() -> None:
        start.wait()
        try:
            for round_ in range(4):
                request(shop, wishes(high, f"high{round_}"), now)
                while grant_due(shop, now, limit=10):
                    pass
        except Exception as error:  # noqa: BLE001 (a thread tells what went wrong)
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=sender, args=(1,)), threading.Thread(target=sender, args=(2,))]
    workers.append(threading.Thread(target=sweep))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    for one in people:
        assert Contact._base_manager.filter(customer=one).count() <= 1
    assert Contact._base_manager.count() == 30
