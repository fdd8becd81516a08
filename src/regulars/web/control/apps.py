"""The staff's room as an app."""

from regulars.core.apps import HouseApp


class ControlConfig(HouseApp):
    default = True
    name = "regulars.web.control"
    label = "control"
