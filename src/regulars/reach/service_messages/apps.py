from regulars.core.apps import HouseApp


class ServiceMessagesConfig(HouseApp):
    name = "regulars.reach.service_messages"
    label = "service_messages"
