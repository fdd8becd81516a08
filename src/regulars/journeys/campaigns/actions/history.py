"""Campaigns of the past: who got them and who redeemed. On record for the figures; nothing is ever sent from them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from regulars.core.actions import audit
from regulars.core.models import Shop
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Measure
from regulars.journeys.campaigns.models import Campaign
from regulars.know.customers.models import Customer
from regulars.reach.messaging import actions as messaging
from regulars.reward.offers import actions as offers

SOURCE = "<mj-section><mj-column><mj-text>–</mj-text></mj-column></mj-section>"


@dataclass(frozen=True)
class PastCampaign:
    """begins, ends: the first instant, and the first after it. recipients: numbers of customers. redemptions: number of
    the customer and moment, as often as there were any."""

    key: str
    name: str
    begins: datetime
    ends: datetime
    recipients: Sequence[str]
    redemptions: Sequence[tuple[str, datetime]]


@dataclass(frozen=True)
class Recorded:
    """What is new, and customers nobody knows (each is left out)."""

    campaigns: int
    recipients: int
    vouchers: int
    unknown: Sequence[str]


def record_history(shop: Shop, found: Sequence[PastCampaign], now: datetime, *, channel: str = "letter") -> Recorded:
    """Writes campaigns of the past, each in a transaction of its own; a second run changes nothing, a killed one goes on."""
    numbers = {number for one in found for number in (*one.recipients, *(who for who, _at in one.redemptions))}
    rows = Customer._base_manager.filter(shop=shop, number__among=numbers, erased_at=None)
    customers = {number: merged or pk for number, pk, merged in rows.values_list("number", "pk", "merged_into_id")}
    campaigns = recipients = vouchers = 0
    for one in found:
        new, sent, given = _write(shop, one, customers, channel, now)
        campaigns, recipients, vouchers = campaigns + new, recipients + sent, vouchers + given
    return Recorded(campaigns, recipients, vouchers, sorted(numbers - set(customers)))


@transaction.atomic
def _write(
    shop: Shop, one: PastCampaign, customers: Mapping[str, int], channel: str, now: datetime
) -> tuple[int, int, int]:
    row = Campaign._base_manager.filter(shop=shop, key=one.key).select_related("measure").first()
    is_new = row is None
    if row is None:
        measure = goals.create_measure(
            shop, one.key, one.name, "hold", "customer_retention_rate", holdout_share=0, now=now
        )
        Measure._base_manager.filter(pk=measure.pk).update(
            status=Measure.Status.STOPPED, started_at=one.begins, stopped_at=one.ends
        )
        row = Campaign._base_manager.create(
            shop=shop, key=one.key, name=one.name, goal="hold", kpi="customer_retention_rate", measure=measure,
            holdout_share=Decimal(0), outcome_days=max(1, (one.ends - one.begins).days), status=Campaign.Status.DONE,
            begins_at=one.begins, began_at=one.begins, ended_at=one.ends, is_history=True, created_at=one.begins,
            updated_at=now,
        )  # fmt: skip
        audit("campaign.recorded", now=now, shop=shop, target=row)
    used: dict[int, list[datetime]] = defaultdict(list)
    for number, at in one.redemptions:
        if number in customers:
            used[customers[number]].append(at)
    people = list(dict.fromkeys(customers[number] for number in one.recipients if number in customers))
    version = messaging.save_template(
        shop, f"{one.key}-history", one.name, shop.locale, one.name, "", SOURCE, now, is_of_measure=True
    )
    sent = messaging.record_history(
        shop,
        version,
        [(pk, f"history:{one.key}:{pk}") for pk in people],
        channel=channel,
        measure_id=int(row.measure_id or 0),
        at=one.begins,
        now=now,
    )
    offer = offers.save_offer(
        shop, f"{one.key}-history", now=now, name=one.name, kind="gift", gift=one.name,
        valid_days=max(1, (one.ends - one.begins).days),
    )  # fmt: skip
    given = offers.record_history(
        shop,
        offer,
        [(pk, f"history:{one.key}:{pk}", used.get(pk, ())) for pk in dict.fromkeys([*people, *used])],
        given_at=one.begins,
        valid_until=one.ends + timedelta(days=1),
        now=now,
        measure_id=row.measure_id,
    )
    return int(is_new), sent, given
