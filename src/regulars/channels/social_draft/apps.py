from regulars.core.apps import HouseApp


class SocialDraftConfig(HouseApp):
    name = "regulars.channels.social_draft"
    label = "social_draft"
