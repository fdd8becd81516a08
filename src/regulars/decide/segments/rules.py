"""The rule language of segments: a tree of JSON over the profile and what customers did.

    {"all": [node, …]}   all of them hold (an empty one: every customer)
    {"any": [node, …]}   at least one holds
    {"not": node}        it does not hold

    {"field": "orders", "op": "at_least", "value": 3}                           fields and operators: fields.py
    {"did": "ordered", "category": "Jazz", "within_days": 90, "at_least": 2}    or "product": a SKU, or neither
    {"did_not": "ordered", "within_days": 180}
    {"did": "event", "type": "message.clicked", "within_days": 30}              any event of the timeline

Money is in minor units of the shop's currency, shares are fractions, days are the shop's own days. A condition on a
value that is not known does not hold; its "not" does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop
from regulars.know.customers.models import Tag
from regulars.know.orders.models import Order
from regulars.know.timeline.models import Event

from .fields import BIRTHDAY, DATE, FIELDS, FLAG, TAG, TEXT, TEXTS, Field, Operator, operator
from .models import CustomerProfile

Node = dict[str, Any]
DEEPEST = 6
MOST = 60
LONGEST_DAYS = 36_500
JOINTS = ("all", "any")
DEEDS = ("ordered", "event")


@dataclass(frozen=True)
class Problem:
    """place: the way to the node from the root, such as "all.0.any.2". words: what is wrong with it."""

    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.place or '·'}: {self.words}"


def check(rule: Any) -> list[Problem]:
    """All that is wrong with a rule, each with its place; an empty list when it is fine."""
    problems = list(_check(rule, "", 0))
    if sum(1 for _node in conditions(rule)) > MOST:
        problems.append(Problem("", _("A rule may have %(most)s conditions at most.") % {"most": MOST}))
    return problems


def conditions(rule: Any) -> Iterator[Node]:
    """The leaves of the tree."""
    if isinstance(rule, dict):
        for joint in JOINTS:
            if isinstance(rule.get(joint), list):
                for node in rule[joint]:
                    yield from conditions(node)
                return
        if isinstance(rule.get("not"), dict):
            yield from conditions(rule["not"])
        elif rule:
            yield rule


def _below(place: str, step: str) -> str:
    return f"{place}.{step}" if place else step


def _check(node: Any, place: str, depth: int) -> Iterator[Problem]:
    if depth > DEEPEST:
        yield Problem(place, _("Groups are nested too deeply."))
        return
    if not isinstance(node, dict):
        yield Problem(place, _("A condition or a group was expected here."))
        return
    if not node:
        if place:
            yield Problem(place, _("This condition is empty."))
        return
    joint = next((joint for joint in JOINTS if joint in node), None)
    if joint is not None or "not" in node:
        if len(node) > 1:
            yield Problem(place, _("A group holds one of “all”, “any” and “not”, and nothing else."))
        elif joint is None:
            yield from _check(node["not"], _below(place, "not"), depth + 1)
        elif not isinstance(node[joint], list):
            yield Problem(place, _("The conditions of a group must be a list."))
        else:
            for index, child in enumerate(node[joint]):
                yield from _check(child, _below(place, f"{joint}.{index}"), depth + 1)
    elif "did" in node or "did_not" in node:
        yield from _check_deed(node, place)
    else:
        yield from _check_field(node, place)


def _check_field(node: Node, place: str) -> Iterator[Problem]:
    field = FIELDS.get(str(node.get("field", "")))
    if field is None:
        yield Problem(place, _("“%(field)s” is not a field of customers.") % {"field": node.get("field", "")})
        return
    how = operator(field, str(node.get("op", "")))
    if how is None:
        words = _("“%(op)s” does not fit “%(field)s”.") % {"op": node.get("op", ""), "field": field.title}
        yield Problem(place, words)
        return
    if words := _value_problem(field, how, node.get("value")):
        yield Problem(place, f"{field.title}: {words}")
    if extra := sorted(set(node) - {"field", "op", "value"}):
        yield Problem(place, _("“%(name)s” is not understood here.") % {"name": extra[0]})


def _value_problem(field: Field, how: Operator, value: Any) -> str:
    """What is wrong with the value of an operator, in words; empty when it fits."""
    match how.takes:
        case "nothing":
            return ""
        case "bool":
            return "" if isinstance(value, bool) else _("yes or no is needed.")
        case "days":
            return "" if _is_whole(value, 0, LONGEST_DAYS) else _("a whole number of days is needed.")
        case "day":
            return "" if _day(value) else _("a date is needed.")
        case "months":
            fits = isinstance(value, list) and value and all(_is_whole(month, 1, 12) for month in value)
            return "" if fits else _("at least one month is needed.")
        case "many":
            fits = isinstance(value, list) and value and all(isinstance(one, str) and one for one in value)
            return "" if fits else _("at least one value is needed.")
        case "two":
            if isinstance(value, list) and len(value) == 2 and all(_is_number(one) for one in value):
                return "" if value[0] <= value[1] else _("the first number must not be above the second.")
            return _("two numbers are needed.")
    if field.kind in TEXTS:
        return "" if isinstance(value, str) and value else _("a value is needed.")
    return "" if _is_number(value) else _("a number is needed.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _check_deed(node: Node, place: str) -> Iterator[Problem]:
    deed = node.get("did", node.get("did_not"))
    known = {"ordered": {"product", "category"}, "event": {"type"}}.get(str(deed))
    if known is None or ("did" in node and "did_not" in node):
        yield Problem(place, _("“%(deed)s” is not something customers do.") % {"deed": deed})
        return
    if deed == "event" and node.get("type") not in EVENT_TYPES:
        yield Problem(place, _("“%(type)s” is not a kind of event.") % {"type": node.get("type", "")})
    for name in known & {"product", "category"} & set(node):
        if not isinstance(node[name], str) or not node[name]:
            yield Problem(place, _("The product or category is missing."))
    if "within_days" in node and not _is_whole(node["within_days"], 1, LONGEST_DAYS):
        yield Problem(place, _("A whole number of days is needed."))
    if "at_least" in node and not _is_whole(node["at_least"], 1, 10_000):
        yield Problem(place, _("How often must be a whole number above 0."))
    if extra := sorted(set(node) - known - {"did", "did_not", "within_days", "at_least"}):
        yield Problem(place, _("“%(name)s” is not understood here.") % {"name": extra[0]})


def queryset(shop: Shop, rule: Node, now: datetime) -> QuerySet[CustomerProfile]:
    """The profiles that the rule takes in. Raises Refused with the places of what is wrong with it."""
    if problems := check(rule):
        raise Refused(_("The rule cannot be used: %(problems)s") % {"problems": "; ".join(map(str, problems))})
    return CustomerProfile._base_manager.filter(shop=shop).filter(_q(rule, shop, now))


def count(shop: Shop, rule: Node, now: datetime) -> int:
    """How many customers the rule takes in. One query."""
    return queryset(shop, rule, now).count()


def _q(node: Node, shop: Shop, now: datetime) -> Q:
    if not node:
        return Q()
    if "all" in node:
        every = Q()
        for child in node["all"]:
            every &= _q(child, shop, now)
        return every
    if "any" in node:
        some = Q()
        for child in node["any"]:
            some |= _q(child, shop, now)
        return some
    if "not" in node:
        inner = _q(node["not"], shop, now)
        return ~inner if inner else Q(pk__in=[])
    if "field" in node:
        return _field_q(node, shop, now)
    found = _deed_q(node, shop, now)
    return ~found if "did_not" in node else found


def _field_q(node: Node, shop: Shop, now: datetime) -> Q:
    field, value = FIELDS[node["field"]], node.get("value")
    key, how = field.key, node["op"]
    if how in {"known", "unknown"}:
        unknown = Q(**{key: ""}) if field.kind == TEXT else Q(**{f"{key}__isnull": True})
        return unknown if how == "unknown" else ~unknown
    if field.kind == TAG:
        names = value if isinstance(value, list) else [value]
        tagged = Q(Exists(Tag._base_manager.filter(customer_id=OuterRef("customer_id"), name__in=names)))
        return ~tagged if how == "is_not" else tagged
    if field.kind == BIRTHDAY:
        return Q(birthday__in=birthdays(how, value, clock.local_date(now, shop.timezone)))
    if field.kind == DATE:
        return Q(**_date_lookup(key, how, value, shop, now))
    if field.kind == FLAG:
        return Q(**{key: value})
    lookups: dict[str, dict[str, Any]] = {
        "at_least": {f"{key}__gte": value},
        "at_most": {f"{key}__lte": value},
        "is": {key: value},
        "is_not": {key: value},
        "one_of": {f"{key}__in": value},
    }
    if how == "between" and isinstance(value, list):
        return Q(**{f"{key}__gte": value[0], f"{key}__lte": value[1]})
    return ~Q(**lookups[how]) if how == "is_not" else Q(**lookups[how])


def _date_lookup(key: str, how: str, value: Any, shop: Shop, now: datetime) -> dict[str, datetime]:
    if how == "within_days":
        return {f"{key}__gte": now - timedelta(days=value)}
    if how == "longer_ago":
        return {f"{key}__lt": now - timedelta(days=value)}
    start = clock.day_start(date.fromisoformat(value), shop.timezone)
    return {f"{key}__lt": start} if how == "before" else {f"{key}__gte": start}


def birthdays(how: str, value: Any, today: date) -> list[int]:
    """The birthdays (month × 100 + day) that an operator means on the day `today`.

    29 February is kept on 28 February in years without it.
    """
    if how == "in_months":
        return [month * 100 + day for month in value for day in range(1, 32)]
    if how == "this_month":
        return [today.month * 100 + day for day in range(1, 32)]
    days = [today + timedelta(days=ahead) for ahead in range(min(value, 366) + 1 if how == "next_days" else 1)]
    found = {day.month * 100 + day.day for day in days}
    if any(clock.birthday_in(day.year, 2, 29) == day for day in days):
        found.add(229)
    return sorted(found)


def _deed_q(node: Node, shop: Shop, now: datetime) -> Q:
    deed = node.get("did") or node["did_not"]
    rows: QuerySet[Any]
    if deed == "event":
        rows, moment = Event._base_manager.filter(shop=shop, type=node["type"]), "at"
    else:
        rows, moment = Order._base_manager.filter(shop=shop, is_counted=True), "placed_at"
        wares = {}
        if "product" in node:
            wares["lines__sku"] = node["product"]
        if "category" in node:
            wares["lines__product__category"] = node["category"]
        if wares:
            rows = rows.filter(lines__is_merchandise=True, **wares)
    if "within_days" in node:
        rows = rows.filter(**{f"{moment}__gte": now - timedelta(days=node["within_days"])})
    rows = rows.filter(customer_id=OuterRef("customer_id"))
    if node.get("at_least", 1) > 1:
        times = rows.order_by().values("customer_id").annotate(times=Count("pk", distinct=True))
        return Q(Exists(times.filter(times__gte=node["at_least"])))
    return Q(Exists(rows))
