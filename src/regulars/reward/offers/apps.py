from regulars.core.apps import HouseApp


class OffersConfig(HouseApp):
    name = "regulars.reward.offers"
    label = "offers"
