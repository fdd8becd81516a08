from regulars.core.apps import HouseApp


class GatheringsConfig(HouseApp):
    name = "regulars.reward.gatherings"
    label = "gatherings"
