"""The customers' room as an app."""

from regulars.core.apps import HouseApp


class PublicConfig(HouseApp):
    default = True
    name = "regulars.web.public"
    label = "public"
