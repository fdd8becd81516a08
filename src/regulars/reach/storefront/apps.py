from regulars.core.apps import HouseApp


class StorefrontConfig(HouseApp):
    name = "regulars.reach.storefront"
    label = "storefront"
