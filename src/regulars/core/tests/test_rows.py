"""Rows written without instances are those that instances would have written."""

from datetime import datetime
from typing import Any

import pytest

from regulars.core.models import AuditEntry, Membership, Staff
from regulars.core.rows import insert_rows


@pytest.mark.django_db
@pytest.mark.postgres
def test_moments_json_and_conflicts(shop: Any, now: datetime) -> None:
    columns = ("shop_id", "at", "verb", "target_type", "target_id", "data")
    insert_rows(AuditEntry, columns, [(shop.pk, now, f"v{number}", "", "", {"ä": [number]}) for number in range(3)])
    rows = AuditEntry.objects.filter(verb__startswith="v").order_by("verb")
    assert [(row.at, row.data) for row in rows] == [(now, {"ä": [number]}) for number in range(3)]
    person = Staff.objects.create_user("a@example.com")
    twice = [(shop.pk, person.pk, "owner"), (shop.pk, person.pk, "till")]
    insert_rows(Membership, ("shop_id", "staff_id", "role"), twice, ignore_conflicts=True)
    assert Membership.objects.get(staff=person).role == "owner"
    insert_rows(Membership, ("shop_id", "staff_id", "role"), [])
