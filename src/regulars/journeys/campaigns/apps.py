from regulars.core.apps import HouseApp


class CampaignsConfig(HouseApp):
    name = "regulars.journeys.campaigns"
    label = "campaigns"
