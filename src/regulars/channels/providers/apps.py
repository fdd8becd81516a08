from regulars.core.apps import HouseApp


class ProvidersConfig(HouseApp):
    name = "regulars.channels.providers"
    label = "providers"
