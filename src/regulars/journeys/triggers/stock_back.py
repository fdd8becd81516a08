"""The trigger `stock_back`: a product can be had again, for those who are interested in it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.interest import INTERESTS, ProductNews
from regulars.journeys.kinds import Params, Wording


class StockBack(ProductNews):
    """By the event `product.restocked`, which the stock of products writes."""

    key = "stock_back"
    title = gettext_lazy("A product is back in stock")
    icon = "package"
    event = "product.restocked"
    fields = INTERESTS

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When a product that the customer is interested in can be had again")
