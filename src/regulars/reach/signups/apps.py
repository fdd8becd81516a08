from regulars.core.apps import HouseApp


class SignupsConfig(HouseApp):
    name = "regulars.reach.signups"
    label = "signups"
