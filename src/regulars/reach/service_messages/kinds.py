"""What can be told of an order: each kind hears one type of Event and is told once for each state that it stands for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """hears: type of the Event. names: the entry of its data that is told of once (an order, a parcel, a refund).

    welcome: how long after the fact it still helps; later nothing is sent, since the customer knows.
    """

    key: str
    hears: str
    names: str
    title: Any
    about: Any
    icon: str
    welcome: timedelta


KINDS = {
    one.key: one
    for one in (
        Kind(
            "ordered",
            "order.placed",
            "order",
            _("Order confirmation"),
            _("When an order comes in: what was bought, and for how much."),
            "shopping-bag",
            timedelta(days=1),
        ),
        Kind(
            "shipped",
            "shipment.shipped",
            "shipment",
            _("Parcel sent"),
            _("For each parcel that leaves: carrier, tracking number, and the day you promised."),
            "truck",
            timedelta(days=3),
        ),
        Kind(
            "delivered",
            "shipment.delivered",
            "shipment",
            _("Parcel delivered"),
            _("When a parcel has arrived: whom to write to if something is wrong."),
            "package-check",
            timedelta(days=3),
        ),
        Kind(
            "cancelled",
            "order.cancelled",
            "order",
            _("Order cancelled"),
            _("When an order is cancelled, by whomever."),
            "ban",
            timedelta(days=3),
        ),
        Kind(
            "refunded",
            "refund.paid",
            "refund",
            _("Refund paid"),
            _("When money goes back: how much, and for which order."),
            "banknote",
            timedelta(days=7),
        ),
    )
}
