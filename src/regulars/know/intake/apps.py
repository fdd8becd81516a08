from regulars.core.apps import HouseApp


class IntakeConfig(HouseApp):
    name = "regulars.know.intake"
    label = "intake"
