from regulars.core.apps import HouseApp


class SegmentsConfig(HouseApp):
    name = "regulars.decide.segments"
    label = "segments"
