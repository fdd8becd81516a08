"""What a rule may ask of a profile: each field once, with its kind, its words and the operators of its kind."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

NUMBER, MONEY, SHARE, DATE, FLAG, TEXT, BIRTHDAY = "number", "money", "share", "date", "flag", "text", "birthday"
TAG = "tag"
TEXTS = (TEXT, TAG)
"""Kinds whose values are words."""


@dataclass(frozen=True)
class Field:
    """key: column of CustomerProfile. kind: says which operators and which input fit. group: heading in the builder."""

    key: str
    title: Any
    kind: str
    group: str


@dataclass(frozen=True)
class Operator:
    """takes: what the value is: nothing, one, two (from and to), many (a list), days, day (ISO date), months, bool."""

    key: str
    title: Any
    takes: str
    words: Any


GROUPS: dict[str, Any] = {
    "orders": _("Orders"),
    "money": _("Revenue and baskets"),
    "price": _("Discounts"),
    "taste": _("Taste"),
    "returns": _("Returns"),
    "person": _("Person"),
    "contact": _("Contact"),
    "scores": _("Scores"),
}

AT_LEAST = Operator("at_least", _("is at least"), "one", _("%(field)s at least %(value)s"))
AT_MOST = Operator("at_most", _("is at most"), "one", _("%(field)s at most %(value)s"))
IS = Operator("is", _("is"), "one", _("%(field)s is %(value)s"))
IS_NOT = Operator("is_not", _("is not"), "one", _("%(field)s is not %(value)s"))
BETWEEN = Operator("between", _("lies between"), "two", _("%(field)s between %(value)s and %(to)s"))
KNOWN = Operator("known", _("is known"), "nothing", _("%(field)s is known"))
UNKNOWN = Operator("unknown", _("is not known"), "nothing", _("%(field)s is not known"))
ONE_OF = Operator("one_of", _("is one of"), "many", _("%(field)s is one of %(value)s"))
FLAG_IS = Operator("is", _("is"), "bool", _("%(field)s: %(value)s"))
WITHIN = Operator("within_days", _("in the last"), "days", _("%(field)s in the last %(value)s days"))
LONGER_AGO = Operator("longer_ago", _("longer ago than"), "days", _("%(field)s more than %(value)s days ago"))
BEFORE = Operator("before", _("before"), "day", _("%(field)s before %(value)s"))
AFTER = Operator("after", _("on or after"), "day", _("%(field)s on or after %(value)s"))
TODAY = Operator("today", _("is today"), "nothing", _("%(field)s is today"))
THIS_MONTH = Operator("this_month", _("is this month"), "nothing", _("%(field)s is this month"))
NEXT_DAYS = Operator("next_days", _("in the next"), "days", _("%(field)s in the next %(value)s days"))
IN_MONTHS = Operator("in_months", _("is in the months"), "months", _("%(field)s in %(value)s"))

HAS = Operator("is", _("has"), "one", _("%(field)s: %(value)s"))
HAS_NOT = Operator("is_not", _("has not"), "one", _("%(field)s: not %(value)s"))

_NUMBERS = (AT_LEAST, AT_MOST, IS, IS_NOT, BETWEEN, KNOWN, UNKNOWN)
OPERATORS: dict[str, tuple[Operator, ...]] = {
    NUMBER: _NUMBERS,
    MONEY: _NUMBERS,
    SHARE: (AT_LEAST, AT_MOST, BETWEEN, KNOWN, UNKNOWN),
    DATE: (WITHIN, LONGER_AGO, BEFORE, AFTER, KNOWN, UNKNOWN),
    FLAG: (FLAG_IS,),
    TEXT: (IS, IS_NOT, ONE_OF, KNOWN, UNKNOWN),
    TAG: (HAS, HAS_NOT, ONE_OF),
    BIRTHDAY: (THIS_MONTH, NEXT_DAYS, TODAY, IN_MONTHS, KNOWN, UNKNOWN),
}

FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field("orders", _("Number of orders"), NUMBER, "orders"),
        Field("orders_30", _("Orders in 30 days"), NUMBER, "orders"),
        Field("orders_90", _("Orders in 90 days"), NUMBER, "orders"),
        Field("orders_365", _("Orders in 365 days"), NUMBER, "orders"),
        Field("first_order_at", _("First order"), DATE, "orders"),
        Field("second_order_at", _("Second order"), DATE, "orders"),
        Field("last_order_at", _("Last order"), DATE, "orders"),
        Field("days_between_orders", _("Days between orders"), NUMBER, "orders"),
        Field("cancelled_orders", _("Cancelled orders"), NUMBER, "orders"),
        Field("units", _("Items bought"), NUMBER, "orders"),
        Field("revenue", _("Revenue"), MONEY, "money"),
        Field("revenue_30", _("Revenue in 30 days"), MONEY, "money"),
        Field("revenue_90", _("Revenue in 90 days"), MONEY, "money"),
        Field("revenue_365", _("Revenue in 365 days"), MONEY, "money"),
        Field("revenue_after_refunds", _("Revenue after refunds"), MONEY, "money"),
        Field("average_basket", _("Average basket"), MONEY, "money"),
        Field("largest_basket", _("Largest basket"), MONEY, "money"),
        Field("last_basket", _("Last basket"), MONEY, "money"),
        Field("list_revenue", _("List value of all orders"), MONEY, "money"),
        Field("discount", _("Discounts got"), MONEY, "price"),
        Field("discount_share", _("Share of discounts in the list value"), SHARE, "price"),
        Field("discounted_orders", _("Orders with a discount"), NUMBER, "price"),
        Field("voucher_orders", _("Orders with a voucher"), NUMBER, "price"),
        Field("favourite_category", _("Favourite category"), TEXT, "taste"),
        Field("categories", _("Categories bought"), NUMBER, "taste"),
        Field("products", _("Products bought"), NUMBER, "taste"),
        Field("returns", _("Returns"), NUMBER, "returns"),
        Field("returned_units", _("Items returned"), NUMBER, "returns"),
        Field("return_share", _("Share of items returned"), SHARE, "returns"),
        Field("last_return_at", _("Last return"), DATE, "returns"),
        Field("refunded", _("Money refunded for goods"), MONEY, "returns"),
        Field("known_since", _("Known since"), DATE, "person"),
        Field("birthday", _("Birthday"), BIRTHDAY, "person"),
        Field("birth_year", _("Year of birth"), NUMBER, "person"),
        Field("country", _("Country"), TEXT, "person"),
        Field("locale", _("Language"), TEXT, "person"),
        Field("tags", _("Tag"), TAG, "person"),
        Field("has_email", _("E-mail address known"), FLAG, "contact"),
        Field("has_phone", _("Phone number known"), FLAG, "contact"),
        Field("may_email", _("Advertising by e-mail allowed"), FLAG, "contact"),
        Field("may_research", _("Surveys by e-mail allowed"), FLAG, "contact"),
        Field("may_phone", _("Advertising by phone allowed"), FLAG, "contact"),
        Field("has_objected", _("Objected to all advertising"), FLAG, "contact"),
        Field("contacts_30", _("Contacts in 30 days"), NUMBER, "contact"),
        Field("contacts_365", _("Contacts in 365 days"), NUMBER, "contact"),
        Field("last_contact_at", _("Last contact"), DATE, "contact"),
        Field("r", _("Recency score (1–5)"), NUMBER, "scores"),
        Field("f", _("Frequency score (1–5)"), NUMBER, "scores"),
        Field("m", _("Monetary score (1–5)"), NUMBER, "scores"),
        Field("p_alive", _("Probability of still being a customer"), SHARE, "scores"),
        Field("churn_risk", _("Risk of leaving"), SHARE, "scores"),
        Field("expected_orders", _("Expected orders in 12 months"), NUMBER, "scores"),
        Field("clv", _("Predicted customer lifetime value"), MONEY, "scores"),
    )
}


def operator(field: Field, key: str) -> Operator | None:
    """The operator of that name, if the field's kind has it."""
    return next((one for one in OPERATORS[field.kind] if one.key == key), None)
