from regulars.core.apps import HouseApp


class MailboxConfig(HouseApp):
    name = "regulars.channels.mailbox"
    label = "mailbox"
