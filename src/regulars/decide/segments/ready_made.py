"""The segments that each shop starts with. Data: a key, words, a rule."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class ReadyMade:
    key: str
    name: Any
    description: Any
    rule: dict[str, Any]


READY_MADE = (
    ReadyMade(
        "champions",
        _("Champions"),
        _("Bought lately, often and for much: the best fifths in all three scores."),
        {"all": [{"field": score, "op": "at_least", "value": 4} for score in ("r", "f", "m")]},
    ),
    ReadyMade(
        "regulars",
        _("Regulars"),
        _("Three orders or more, the last one within a year."),
        {
            "all": [
                {"field": "orders", "op": "at_least", "value": 3},
                {"field": "last_order_at", "op": "within_days", "value": 365},
            ]
        },
    ),
    ReadyMade(
        "new-customers",
        _("New customers"),
        _("First order within the last 30 days. Now it is decided whether a second follows."),
        {"all": [{"field": "first_order_at", "op": "within_days", "value": 30}]},
    ),
    ReadyMade(
        "one-time-buyers",
        _("One-time buyers"),
        _("One order, and none since for more than 90 days."),
        {
            "all": [
                {"field": "orders", "op": "is", "value": 1},
                {"field": "last_order_at", "op": "longer_ago", "value": 90},
            ]
        },
    ),
    ReadyMade(
        "lapsed-valuable",
        _("Lapsed and valuable"),
        _("Among the best two fifths by revenue, at least two orders, and nothing for more than 180 days."),
        {
            "all": [
                {"field": "m", "op": "at_least", "value": 4},
                {"field": "orders", "op": "at_least", "value": 2},
                {"field": "last_order_at", "op": "longer_ago", "value": 180},
            ]
        },
    ),
    ReadyMade(
        "lapsing-regulars",
        _("Lapsing regulars"),
        _(
            "Three orders or more, the last one between 90 days and a year ago: still winnable, and perhaps worth a call."
        ),
        {
            "all": [
                {"field": "orders", "op": "at_least", "value": 3},
                {"field": "last_order_at", "op": "longer_ago", "value": 90},
                {"field": "last_order_at", "op": "within_days", "value": 365},
            ]
        },
    ),
    ReadyMade(
        "known-interest",
        _("Interest known"),
        _("Buys most in one category, and ordered within two years: a newsletter can be about what they like."),
        {
            "all": [
                {"field": "favourite_category", "op": "known"},
                {"field": "last_order_at", "op": "within_days", "value": 730},
            ]
        },
    ),
    ReadyMade(
        "birthday-this-month",
        _("Birthday this month"),
        _("Birthday in the current month; advertising by e-mail is allowed."),
        {
            "all": [
                {"field": "birthday", "op": "this_month"},
                {"field": "may_email", "op": "is", "value": True},
            ]
        },
    ),
    ReadyMade(
        "bargain-hunters",
        _("Bargain hunters"),
        _("At least two orders, and a fifth or more of their list value was discounted."),
        {
            "all": [
                {"field": "orders", "op": "at_least", "value": 2},
                {"field": "discount_share", "op": "at_least", "value": 0.2},
            ]
        },
    ),
    ReadyMade(
        "no-permission",
        _("Buyers without permission"),
        _("Ordered within a year, but may not get advertising by e-mail: ask for consent at the next order."),
        {
            "all": [
                {"field": "last_order_at", "op": "within_days", "value": 365},
                {"field": "may_email", "op": "is", "value": False},
                {"field": "has_objected", "op": "is", "value": False},
            ]
        },
    ),
)
