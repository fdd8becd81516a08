from regulars.core.apps import HouseApp


class WebPushConfig(HouseApp):
    name = "regulars.channels.web_push"
    label = "web_push"
