"""The trigger `price_drop`: a product became cheaper, for those who are interested in it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.interest import INTERESTS, ProductNews
from regulars.journeys.kinds import Params, Wording
from regulars.journeys.words import Words


class PriceDrop(ProductNews):
    """By the event `product.price_dropped`, if the price fell by the least share that is asked."""

    key = "price_drop"
    title = gettext_lazy("A product becomes cheaper")
    icon = "trending-down"
    event = "product.price_dropped"
    fields = (
        *INTERESTS,
        Field(
            "minimum_drop",
            "share",
            Words(en="At least cheaper by", de="Mindestens günstiger um"),
            Words(en="0.1 for a tenth.", de="0.1 für ein Zehntel."),
            default=0.1,
            minimum=0.01,
            maximum=0.95,
        ),
    )

    def fits(self, trigger: Params, data: Mapping[str, Any]) -> bool:
        before, after = data.get("old"), data.get("new")
        if not isinstance(before, int | float) or not isinstance(after, int | float) or before <= 0:
            return False
        return bool((before - after) / before >= trigger.get("minimum_drop", 0.1) - 1e-9)

    def describe(self, params: Params, playbook: Wording) -> str:
        share = round(100 * params.get("minimum_drop", 0.1))
        return _("When a product that the customer is interested in becomes at least %(share)s %% cheaper") % {
            "share": share
        }
