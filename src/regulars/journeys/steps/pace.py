"""The step `pace`: lets the customers of a campaign go on one after the other, so many an hour."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.decide.contact_policy.quiet import Clock, next_welcome
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.words import Words

MINUTE = timedelta(minutes=1)


class Pace(StepKind):
    """per_hour: how many go on in an hour, over all arms. Places lie in the hours that are welcome on the shop's clock, so
    that a night does not heap them up for the morning. The first free place is kept in the campaign, which is locked while
    a batch takes its places: two workers never give the same one away.
    """

    key = "pace"
    title = gettext_lazy("One after the other")
    icon = "gauge"
    fields = (
        Field(
            "per_hour",
            "number",
            Words(en="Messages an hour", de="Nachrichten je Stunde"),
            required=True,
            minimum=1,
            maximum=10**7,
        ),
    )

    def run(self, batch: Batch) -> list[Move]:
        campaign = Campaign._base_manager.select_for_update().filter(measure_id=batch.journey.measure_id).first()
        if campaign is None:
            return [batch.forward(one) for one in batch.enrolments]
        places = _places(batch.shop, campaign.next_slot_at, batch.params["per_hour"], batch.now)
        moves = [batch.forward(one, next(places)) for one in batch.enrolments]
        Campaign._base_manager.filter(pk=campaign.pk).update(next_slot_at=next(places))
        return moves

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("At most %(n)s messages an hour") % {"n": params["per_hour"]}


def _places(shop: Shop, free: datetime | None, per_hour: int, now: datetime) -> Iterator[datetime]:
    """Moments from the first free one on, `per_hour` to an hour, in the welcome hours of the shop's clock."""
    clock = Clock(shop.timezone, shop.country, shop.quiet_from, shop.quiet_until)
    apart = timedelta(hours=1) / per_hour
    at = max(free or now, now)
    welcome_until = at
    while True:
        if at >= welcome_until:
            at = next_welcome(at, clock) or at
            welcome_until = at + MINUTE
        yield at
        at += apart
