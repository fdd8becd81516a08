from regulars.core.apps import HouseApp


class FilesConfig(HouseApp):
    name = "regulars.connectors.files"
    label = "files"
