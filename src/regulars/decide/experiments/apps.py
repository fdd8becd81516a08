from regulars.core.apps import HouseApp


class ExperimentsConfig(HouseApp):
    name = "regulars.decide.experiments"
    label = "experiments"
