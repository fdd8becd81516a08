"""The guide of the first day as an app."""

from regulars.core.apps import HouseApp


class FirstDayConfig(HouseApp):
    default = True
    name = "regulars.web.first_day"
    label = "first_day"
