from regulars.core.apps import HouseApp


class CustomersConfig(HouseApp):
    name = "regulars.know.customers"
    label = "customers"
