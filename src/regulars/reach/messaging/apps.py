from regulars.core.apps import HouseApp


class MessagingConfig(HouseApp):
    name = "regulars.reach.messaging"
    label = "messaging"
