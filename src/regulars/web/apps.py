"""The shared part of the rooms as an app, so that its templates, tags and static files are found."""

from regulars.core.apps import HouseApp


class WebConfig(HouseApp):
    default = True
    name = "regulars.web"
    label = "web"
