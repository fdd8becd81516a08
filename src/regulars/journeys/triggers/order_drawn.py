"""The trigger `order_drawn`: a lot picks some of the new orders, never more a month than the shop can afford."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.experiments.actions import draw
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.decide.segments import rules
from regulars.journeys.answers import barring
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Params, TriggerKind, Wording
from regulars.journeys.local_time import at_hour, zone_of
from regulars.journeys.models import Enrolment, Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer
from regulars.know.orders.event_types import ORDER_PLACED


class OrderDrawn(TriggerKind):
    """By the event `order.placed`. The lot is a keyed hash of the order, so that a replay draws the same.

    Only those who are drawn are enrolled, so that the holdout compares like with like. most_a_month counts the treated of
    the shop's calendar month; orders after that are not drawn, whatever the lot says.
    """

    key = "order_drawn"
    title = gettext_lazy("An order is drawn by lot")
    icon = "shuffle"
    fields = (
        Field(
            "share",
            "share",
            Words(en="Share of the orders", de="Anteil der Bestellungen"),
            Words(en="0.05 for one in twenty.", de="0.05 für jede zwanzigste."),
            required=True,
            minimum=0.001,
            maximum=1,
        ),
        Field(
            "most_a_month",
            "number",
            Words(en="At most in a month", de="Höchstens im Monat"),
            required=True,
            minimum=1,
            maximum=100_000,
        ),
        Field("profile", "rule", Words(en="Only if the profile says", de="Nur wenn das Profil besagt")),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if isinstance(params["most_a_month"], float):
            yield "most_a_month", _("a whole number is needed")

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({ORDER_PLACED})

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        living = Customer._base_manager.filter(
            shop=shop, merged_into=None, erased_at=None, profile__last_order_at__isnull=False
        )
        if params.get("profile"):
            living = living.filter(pk__in=rules.queryset(shop, params["profile"], now).values("customer_id"))
        return living

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        trigger, salt = journey.definition["trigger"], journey.measure.salt
        drawn: dict[int, Entry] = {}
        for event in events:
            if event.type != ORDER_PLACED or event.customer_id is None:
                continue
            if draw(f"{salt}:order:{event.pk}", event.customer_id) < trigger["share"]:
                drawn.setdefault(event.customer_id, Entry(event.customer_id, f"order:{event.pk}"))
        if drawn and trigger.get("profile"):
            fits = rules.queryset(journey.shop, trigger["profile"], now).filter(customer_id__among=set(drawn))
            inside = set(fits.values_list("customer_id", flat=True))
            drawn = {pk: entry for pk, entry in drawn.items() if pk in inside}
        if not drawn:
            return []
        # Who had it lately cannot come in again, and must take nobody's place.
        barred = barring(journey, now, [one.entry_key for one in drawn.values()]).filter(customer_id__among=set(drawn))
        had = set(barred.values_list("customer_id", flat=True))
        fresh = [one for pk, one in drawn.items() if pk not in had]
        return fresh[: self._left(journey, now)] if fresh else []

    def _left(self, journey: Journey, now: datetime) -> int:
        """How many may still be drawn this month. The measure's row is held: two workers never draw the last one twice."""
        Measure._base_manager.select_for_update(of=("self",)).get(pk=journey.measure_id)
        first = clock.local_date(now, journey.shop.timezone).replace(day=1)
        begin = at_hour(first, zone_of("", journey.shop), 0)
        treated = Enrolment._base_manager.filter(
            journey__measure_id=journey.measure_id, arm=Assignment.Arm.TREATED, entered_at__gte=begin
        )
        return max(0, int(journey.definition["trigger"]["most_a_month"]) - treated.count())

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("By lot, %(share)s %% of new orders, at most %(most)s a month") % {
            "share": f"{100 * params['share']:g}",
            "most": params["most_a_month"],
        }
