"""Two packers, one note: whoever is first has it, whatever they scan at the same moment."""

import threading
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connections

from regulars.channels.parcel_note.actions import Scanned, Tick, scan, tick
from regulars.channels.parcel_note.models import ParcelNote
from regulars.core.models import Staff
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact
from regulars.reach.messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(shop: Any, *jobs: Any) -> list[Any]:
    """Runs the jobs at the same moment, each in a thread of its own; gives their answers."""
    start, answers = threading.Barrier(len(jobs)), [None] * len(jobs)
    errors: list[Exception] = []

    def work(place: int) -> None:
        start.wait()
        try:
            with scope(shop=shop):
                answers[place] = jobs[place]()
        except Exception as error:  # noqa: BLE001 (a thread tells what went wrong)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert not errors, errors
    return answers


def race(shop: Any, now: datetime, make_customer: Any, note: Any, order: Any, anna: Staff, bert: Staff) -> None:
    people = [make_customer(f"C{number}") for number in range(12)]
    for one in people[:6]:
        note(one, one)
        order(one, f"same-{one.pk}")
    for one in people[6:]:
        note(one)
        order(one, f"a-{one.pk}")
        order(one, f"b-{one.pk}")
    for one in people[:6]:
        number = f"same-{one.pk}"
        found = at_once(shop, partial(scan, shop, number, now, anna), partial(scan, shop, number, now, bert))
        assert sorted(said.state for said in found) == ["note", "taken"], "one parcel, two notes waiting"
    for one in people[6:]:
        jobs = (partial(scan, shop, f"a-{one.pk}", now, anna), partial(scan, shop, f"b-{one.pk}", now, bert))
        found = at_once(shop, *jobs)
        assert sorted(said.state for said in found) == ["note", "nothing"], "two parcels, one note"
        said: Scanned = next(one for one in found if one.state == "note")
        same = Tick(f"k{one.pk}", said.message, said.token)
        at_once(shop, *[partial(tick, shop, same, now, anna)] * 3)
    assert Contact._base_manager.count() == 6, "told three times at once, it happened once"
    assert ParcelNote._base_manager.filter(outcome="done").count() == 6
    assert Message._base_manager.filter(status="done").count() == 6


def test_two_packers_never_have_the_same_note(
    shop: Any, now: datetime, make_customer: Any, note: Any, order: Any, anna: Staff, bert: Staff
) -> None:
    race(shop, now, make_customer, note, order, anna, bert)


@pytest.mark.postgres
def test_nor_on_postgresql(
    shop: Any, now: datetime, make_customer: Any, note: Any, order: Any, anna: Staff, bert: Staff
) -> None:
    race(shop, now, make_customer, note, order, anna, bert)
