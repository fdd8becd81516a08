from regulars.core.apps import HouseApp


class CallListConfig(HouseApp):
    name = "regulars.channels.call_list"
    label = "call_list"
