from regulars.core.apps import HouseApp


class WebhooksConfig(HouseApp):
    name = "regulars.reach.webhooks"
    label = "webhooks"
