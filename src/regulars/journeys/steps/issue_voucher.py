"""The step `issue_voucher`: gives a customer a code of their own. Nobody sees it before the message that carries it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.money import formatted
from regulars.journeys.kinds import Batch, Move, Params, Publication, StepKind
from regulars.journeys.playbook import Playbook
from regulars.reward.offers import actions as offers
from regulars.reward.offers.models import Offer


class IssueVoucher(StepKind):
    """offer: percent, amount, free_shipping or gift, with `percent`, `amount` (minor units) or `gift` (what is given).

    minimum_value: of the order, in minor units. valid_days: from the day of issue. The message that names this step in
    its parameter `voucher` shows the code; where it is not sent, the code is cancelled.
    """

    key = "issue_voucher"
    title = gettext_lazy("Issue a voucher")
    icon = "ticket"
    required = frozenset({"offer", "valid_days"})
    optional = frozenset({"percent", "amount", "gift", "minimum_value"})

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        fields = {name: params[name] for name in ("percent", "amount", "gift", "minimum_value") if name in params}
        offer = offers.save_offer(
            publication.shop,
            publication.key("voucher"),
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

    def describe(self, params: Params, playbook: Playbook) -> str:
        return _("A code of one’s own, valid for %(days)s days") % {"days": params["valid_days"]}


def value_text(offer: Offer, currency: str, locale: str) -> str:
    """What an offer is worth, as a message says it: `15 %`, `10,00 €`, the gift's name."""
    from babel.numbers import format_percent

    if offer.kind == Offer.Kind.PERCENT:
        return str(format_percent((offer.percent or 0) / 100, locale=locale))
    if offer.kind == Offer.Kind.AMOUNT:
        return formatted(offer.amount or 0, currency, locale)
    return offer.gift if offer.kind == Offer.Kind.GIFT else str(offer.get_kind_display())
