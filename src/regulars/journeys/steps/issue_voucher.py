"""The step `issue_voucher`: gives a customer a code of their own. Nobody sees it before the message that carries it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.money import formatted
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, Publication, StepKind, Wording
from regulars.journeys.words import Words
from regulars.reward.offers import actions as offers
from regulars.reward.offers.models import Offer

OFFERS = {
    "percent": Words(en="percent off", de="Prozent Rabatt"),
    "amount": Words(en="amount off", de="Betrag Rabatt"),
    "free_shipping": Words(en="free shipping", de="Gratisversand"),
    "gift": Words(en="gift", de="Geschenk"),
}


class IssueVoucher(StepKind):
    """offer: percent, amount, free_shipping or gift, with `percent`, `amount` (minor units) or `gift` (what is given).

    minimum_value: of the order, in minor units. valid_days: from the day of issue. The message that names this step in
    its parameter `voucher` shows the code; where it is not sent, the code is cancelled.
    """

    key = "issue_voucher"
    title = gettext_lazy("Issue a voucher")
    icon = "ticket"
    fields = (
        Field("offer", "choice", Words(en="What is given", de="Was es gibt"), required=True, choices=OFFERS),
        Field("percent", "number", Words(en="Percent", de="Prozent"), minimum=1, maximum=100),
        Field("amount", "money", Words(en="Amount", de="Betrag"), minimum=1, maximum=10**9),
        Field("gift", "text", Words(en="Gift", de="Geschenk"), minimum=1, maximum=120),
        Field(
            "minimum_value",
            "money",
            Words(en="From an order value of", de="Ab einem Bestellwert von"),
            minimum=0,
            maximum=10**9,
            default=0,
        ),
        Field(
            "valid_days",
            "duration",
            Words(en="Valid for", de="Gültig für"),
            required=True,
            minimum=1,
            maximum=3650,
            unit="days",
        ),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        for kind in ("percent", "amount", "gift"):
            if (params["offer"] == kind) != (kind in params):
                yield kind, _("belongs to the offer “%(kind)s”, and only to it") % {"kind": kind}
        if isinstance(params.get("percent", 1), float):
            yield "percent", _("a whole number is needed")

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        fields = {name: params[name] for name in ("percent", "amount", "gift", "minimum_value") if name in params}
        offer = offers.save_offer(
            publication.shop,
            publication.key(publication.part),
            now=publication.now,
            staff=publication.staff,
            name=publication.measure.name,
            kind=params["offer"],
            valid_days=params["valid_days"],
            **fields,
        )
        return {**params, "offer_id": offer.pk}

    def run(self, batch: Batch) -> list[Move]:
        offer = Offer._base_manager.get(pk=batch.params["offer_id"], shop=batch.shop)
        offers.issue(
            batch.shop,
            offer,
            [(one.customer_id, batch.key(one)) for one in batch.enrolments],
            now=batch.now,
            measure_id=batch.journey.measure_id,
        )
        return [batch.forward(one) for one in batch.enrolments]

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("A code of one’s own, valid for %(days)s days") % {"days": params["valid_days"]}


def value_text(offer: Offer, currency: str, locale: str) -> str:
    """What an offer is worth, as a message says it: `15 %`, `10,00 €`, the gift's name."""
    from babel.numbers import format_percent

    if offer.kind == Offer.Kind.PERCENT:
        return str(format_percent((offer.percent or 0) / 100, locale=locale))
    if offer.kind == Offer.Kind.AMOUNT:
        return formatted(offer.amount or 0, currency, locale)
    return offer.gift if offer.kind == Offer.Kind.GIFT else str(offer.get_kind_display())
