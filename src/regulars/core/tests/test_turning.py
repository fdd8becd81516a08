"""Lists turned over by key: forwards and back again every row is seen once, whatever is equal."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.core.scoping import scope
from regulars.core.turning import turned


@pytest.fixture
def people(shop: Any, now: Any) -> Any:
    """Seven customers, of whom some are called alike."""
    from regulars.know.customers.models import Customer

    with scope(shop=shop):
        for n, name in enumerate("CABABCA"):
            at = now - timedelta(days=n // 3)
            Customer.objects.create(shop=shop, number=str(n), last_name=name, since=at, created_at=at, updated_at=at)
        yield Customer.objects.all()


@pytest.mark.parametrize("order", [("pk",), ("-pk",), ("last_name", "first_name", "pk"), ("-since", "-pk")])
def test_forwards_and_back_every_row_is_seen_once(people: Any, order: tuple[str, ...]) -> None:
    expected = list(people.order_by(*order).values_list("pk", flat=True))
    page = turned(people, order, {}, 3)
    seen = [page]
    while page.after is not None:
        page = turned(people, order, {"after": str(page.after)}, 3)
        seen.append(page)
    assert [row.pk for one in seen for row in one.rows] == expected
    assert seen[0].before is None
    back = [page]
    while back[0].before is not None:
        back.insert(0, turned(people, order, {"before": str(back[0].before)}, 3))
    assert [row.pk for one in back for row in one.rows] == expected


@pytest.mark.parametrize("asked", ["", "x", "0", "9" * 30, "-1"])
def test_what_leads_nowhere_leads_to_the_beginning(people: Any, asked: str) -> None:
    page = turned(people, ("-pk",), {"after": asked}, 3)
    assert [row.number for row in page.rows] == ["6", "5", "4"]
    assert page.before is None


def test_a_row_that_is_not_in_the_list_leads_to_the_beginning(people: Any) -> None:
    other = people.get(number="0")
    page = turned(people.filter(last_name="A"), ("pk",), {"after": str(other.pk)}, 3)
    assert [row.number for row in page.rows] == ["1", "3", "6"]
