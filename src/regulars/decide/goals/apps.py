from regulars.core.apps import HouseApp


class GoalsConfig(HouseApp):
    name = "regulars.decide.goals"
    label = "goals"
