"""The database knows how large its tables are, and therefore looks up by key."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from regulars.core.actions import create_shop
from regulars.core.upkeep import note_sizes
from regulars.know.customers.models import Customer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def plan(queryset: object) -> str:
    sql, values = queryset.query.sql_with_params()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps these figures by itself")
def test_a_few_of_many_customers_are_looked_up_by_key() -> None:
    shop = create_shop("craft", now=NOW)
    people = [Customer(shop=shop, number=f"{n}", created_at=NOW, updated_at=NOW) for n in range(3000)]
    ids = [one.pk for one in Customer._base_manager.bulk_create(people)[:3]]
    few = Customer._base_manager.filter(shop=shop, pk__among=ids)
    assert "shop_id=?" in plan(few), "without sizes it goes through all customers of the shop"

    assert note_sizes()

    assert "INTEGER PRIMARY KEY" in plan(few)
    assert few.count() == 3
