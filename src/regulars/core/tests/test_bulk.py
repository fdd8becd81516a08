"""Rows written past the ORM are those that the ORM would have written."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from regulars.core import bulk
from regulars.core.models import AuditEntry, Membership, Staff

COLUMNS = ("shop_id", "at", "verb", "target_type", "target_id", "data")


def entries(shop: Any, now: datetime, verbs: list[str]) -> list[tuple[Any, ...]]:
    return [(shop.pk, bulk.moment(now), verb, "", "", json.dumps({"ä": [verb]})) for verb in verbs]


@pytest.mark.django_db
@pytest.mark.postgres
def test_moments_json_and_conflicts(shop: Any, now: datetime) -> None:
    bulk.insert(AuditEntry, COLUMNS, entries(shop, now, ["v0", "v1"]))

    rows = AuditEntry.objects.filter(verb__startswith="v").order_by("verb")
    assert [(row.at, row.data) for row in rows] == [(now, {"ä": ["v0"]}), (now, {"ä": ["v1"]})]

    person = Staff.objects.create_user("a@example.com")
    twice = [(shop.pk, person.pk, "owner"), (shop.pk, person.pk, "till")]
    bulk.insert(Membership, ("shop_id", "staff_id", "role"), iter(twice), ignore_conflicts=True)
    assert Membership.objects.get(staff=person).role == "owner"
    bulk.insert(Membership, ("shop_id", "staff_id", "role"), [])


@pytest.mark.django_db
@pytest.mark.postgres
def test_reserved_ids_are_free_and_those_that_come_after_are_others(shop: Any, now: datetime) -> None:
    with transaction.atomic():
        first = list(bulk.reserve_ids(AuditEntry, 2))
        written = [(pk, *row) for pk, row in zip(first, entries(shop, now, ["r0", "r1"]), strict=True)]
        bulk.insert(AuditEntry, ("id", *COLUMNS), written)
        second = list(bulk.reserve_ids(AuditEntry, 3))
    bulk.insert(AuditEntry, COLUMNS, entries(shop, now, ["after"]))

    assert len({*first, *second}) == 5
    after = AuditEntry.objects.get(verb="after").pk
    assert after not in first
    assert dict(AuditEntry.objects.filter(verb__startswith="r").values_list("pk", "verb")) == dict(
        zip(first, ["r0", "r1"], strict=True)
    )


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_change_reaches_the_rows_named_that_are_still_as_expected(shop: Any, now: datetime) -> None:
    bulk.insert(AuditEntry, COLUMNS, entries(shop, now, ["c0", "c0", "c1"]))
    ids = list(AuditEntry.objects.filter(verb__startswith="c").order_by("pk").values_list("pk", flat=True))

    changed = bulk.change(AuditEntry, ids[1:], {"verb": "new", "target_id": "7"}, only={"verb": "c0"})

    assert changed == 1
    assert list(AuditEntry.objects.filter(pk__in=ids).order_by("pk").values_list("verb", "target_id")) == [
        ("c0", ""),
        ("new", "7"),
        ("c1", ""),
    ]
    assert bulk.change(AuditEntry, [], {"verb": "none"}) == 0


@pytest.mark.django_db
@pytest.mark.postgres
def test_rows_are_found_by_one_column_and_the_few_values_of_others(shop: Any, now: datetime) -> None:
    bulk.insert(AuditEntry, COLUMNS, entries(shop, now, ["s0", "s1", "s2"]))
    bulk.insert(AuditEntry, COLUMNS, [(shop.pk, bulk.moment(now), "s0", "order", "", "{}")])

    found = bulk.select(AuditEntry, ("verb", "target_type"), shop.pk, "verb", ["s0", "s2"], also={"target_type": {""}})

    assert sorted(found) == [("s0", ""), ("s2", "")]
    assert bulk.select(AuditEntry, ("verb",), shop.pk + 1, "verb", ["s0"]) == []
