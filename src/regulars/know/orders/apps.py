from regulars.core.apps import HouseApp


class OrdersConfig(HouseApp):
    name = "regulars.know.orders"
    label = "orders"
