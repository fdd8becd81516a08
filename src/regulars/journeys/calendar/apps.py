from regulars.core.apps import HouseApp


class CalendarConfig(HouseApp):
    name = "regulars.journeys.calendar"
    label = "calendar"
