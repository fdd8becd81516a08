from regulars.core.apps import HouseApp


class TasksConfig(HouseApp):
    name = "regulars.serve.tasks"
    label = "tasks"
