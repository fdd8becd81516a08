from regulars.core.apps import HouseApp


class SmtpConfig(HouseApp):
    name = "regulars.channels.smtp"
    label = "smtp"
