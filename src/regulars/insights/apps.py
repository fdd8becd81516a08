from regulars.core.apps import HouseApp


class InsightsConfig(HouseApp):
    name = "regulars.insights"
    label = "insights"
