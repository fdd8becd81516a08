from regulars.core.apps import HouseApp


class TimelineConfig(HouseApp):
    name = "regulars.know.timeline"
    label = "timeline"
