from regulars.core.apps import HouseApp


class JourneysConfig(HouseApp):
    name = "regulars.journeys"
    label = "journeys"
