from regulars.core.apps import HouseApp


class SmsConfig(HouseApp):
    name = "regulars.channels.sms"
    label = "sms"
