"""When customers were in a segment in the past: as the timeline recorded it, else worked out from their orders."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.segments import rules
from regulars.decide.segments.models import CustomerProfile
from regulars.know.orders.models import Order

WINDOWS = {"orders_30": 30, "orders_90": 90, "orders_365": 365, "revenue_30": 30, "revenue_90": 90, "revenue_365": 365}
FROM_ORDERS = {
    "orders", "revenue", "first_order_at", "second_order_at", "last_order_at", "average_basket", "largest_basket",
    "last_basket", *WINDOWS,
}  # fmt: skip
AS_TODAY = {
    "country",
    "locale",
    "birth_year",
    "has_email",
    "has_phone",
    "may_email",
    "may_research",
    "may_phone",
    "has_objected",
}
"""Known only as they are today."""
LASTING = {"known_since"}
TICK = timedelta(seconds=1)
"""Just after a moment from which a condition holds."""


def untold(rule: Any) -> list[str]:
    """Fields and deeds of a rule that cannot be told for a day in the past."""
    found = []
    for node in rules.conditions(rule):
        if "field" in node:
            if node["field"] not in FROM_ORDERS | AS_TODAY | LASTING:
                found.append(str(node["field"]))
        elif (node.get("did") or node.get("did_not")) != "ordered" or "product" in node or "category" in node:
            found.append(str(node.get("type") or node.get("category") or node.get("product") or "did"))
    return list(dict.fromkeys(found))


def asks_today(rule: Any) -> bool:
    """Whether a rule asks what is known only as it is today."""
    return any(node.get("field") in AS_TODAY for node in rules.conditions(rule))


@dataclass
class Life:
    """What is on record of one customer: counted orders in their order, and what the profile says today."""

    known_since: datetime | None
    today: Mapping[str, Any]
    placed: list[datetime] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def value(self, key: str, at: datetime) -> Any:
        """A field of the profile as it was at a moment."""
        if key in AS_TODAY:
            return self.today[key]
        if key == "known_since":
            return self.known_since
        end = bisect_right(self.placed, at)
        if key in WINDOWS:
            start = bisect_left(self.placed, at - timedelta(days=WINDOWS[key]), 0, end)
            return end - start if key.startswith("orders") else sum(self.values[start:end])
        values = self.values[:end]
        match key:
            case "orders":
                return end
            case "revenue":
                return sum(values)
            case "first_order_at":
                return self.placed[0] if end else None
            case "second_order_at":
                return self.placed[1] if end > 1 else None
            case "last_order_at":
                return self.placed[end - 1] if end else None
            case "average_basket":
                return sum(values) // end if end else None
            case "largest_basket":
                return max(values) if end else None
        return values[-1] if end else None

    def orders_within(self, at: datetime, days: int | None) -> int:
        """Counted orders in the days before a moment."""
        end = bisect_right(self.placed, at)
        return end - (bisect_left(self.placed, at - timedelta(days=days), 0, end) if days is not None else 0)


def lives(shop: Shop, customer_ids: Collection[int], until: datetime) -> dict[int, Life]:
    """What is on record of these customers up to a moment. Two queries."""
    columns = sorted(AS_TODAY)
    found: dict[int, Life] = {}
    rows = CustomerProfile._base_manager.filter(shop=shop, customer_id__among=set(customer_ids))
    for pk, since, *values in rows.values_list("customer_id", "known_since", *columns):
        found[pk] = Life(since, dict(zip(columns, values, strict=True)))
    orders = Order._base_manager.filter(
        shop=shop, customer_id__among=set(customer_ids), is_counted=True, placed_at__lt=until
    )
    for pk, placed_at, value in orders.order_by("placed_at").values_list("customer_id", "placed_at", "value"):
        if pk in found:
            found[pk].placed.append(placed_at)
            found[pk].values.append(value)
    return found


class PastRule:
    """A rule asked of the past. Only for rules of which nothing is `untold`."""

    def __init__(self, rule: Any, shop: Shop) -> None:
        self.rule, self.shop = rule or {}, shop
        self.days = sorted({days for node in rules.conditions(self.rule) for days in _days(node)})
        self.dates = [
            clock.day_start(datetime.fromisoformat(node["value"]).date(), shop.timezone)
            for node in rules.conditions(self.rule)
            if node.get("op") in ("before", "after")
        ]

    def spans(self, life: Life, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
        """The spans of time in which a customer was in, cut at `since` and `until`, in their order."""
        turns = {since, *self.dates}
        for moment in (*life.placed, *([life.known_since] if life.known_since else [])):
            turns.add(moment)
            turns.update(moment + timedelta(days=days) + TICK for days in self.days)
        points = sorted(one for one in turns if since <= one < until)
        found: list[tuple[datetime, datetime]] = []
        begun: datetime | None = None
        for point in points:
            holds = self.holds(life, point)
            if holds and begun is None:
                begun = point
            elif not holds and begun is not None:
                found.append((begun, point))
                begun = None
        return [*found, (begun, until)] if begun is not None else found

    def holds(self, life: Life, at: datetime) -> bool:
        """Whether the rule held for a customer at a moment."""
        if life.known_since is not None and life.known_since > at:
            return False
        return self._holds(self.rule, life, at)

    def _holds(self, node: Any, life: Life, at: datetime) -> bool:
        if not node:
            return True
        if "all" in node:
            return all(self._holds(one, life, at) for one in node["all"])
        if "any" in node:
            return any(self._holds(one, life, at) for one in node["any"])
        if "not" in node:
            return not self._holds(node["not"], life, at)
        if "field" in node:
            return self._field(node, life, at)
        enough = life.orders_within(at, node.get("within_days")) >= node.get("at_least", 1)
        return bool(enough == ("did" in node))

    def _field(self, node: Mapping[str, Any], life: Life, at: datetime) -> bool:
        found, how, value = life.value(node["field"], at), node["op"], node.get("value")
        if how in ("known", "unknown"):
            return bool((found is not None and found != "") == (how == "known"))
        if how == "is_not":
            return bool(found != value)
        if found is None:
            return False
        match how:
            case "within_days":
                return bool(found >= at - timedelta(days=value or 0))
            case "longer_ago":
                return bool(found < at - timedelta(days=value or 0))
            case "before" | "after":
                start = clock.day_start(datetime.fromisoformat(str(value)).date(), self.shop.timezone)
                return bool(found < start if how == "before" else found >= start)
            case "at_least":
                return bool(found >= value)
            case "at_most":
                return bool(found <= value)
            case "between":
                return bool(value and value[0] <= found <= value[1])
            case "one_of":
                return bool(found in (value or ()))
        return bool(found == value)


def _days(node: Mapping[str, Any]) -> Sequence[int]:
    if node.get("field") in WINDOWS:
        return (WINDOWS[node["field"]],)
    if node.get("op") in ("within_days", "longer_ago"):
        return (int(node["value"]),)
    return (int(node["within_days"]),) if "within_days" in node else ()
