from regulars.core.apps import HouseApp


class ContactPolicyConfig(HouseApp):
    name = "regulars.decide.contact_policy"
    label = "contact_policy"
