from regulars.core.apps import HouseApp


class OnPageConfig(HouseApp):
    name = "regulars.channels.on_page"
    label = "on_page"
