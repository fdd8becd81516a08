from regulars.core.apps import HouseApp


class LetterConfig(HouseApp):
    name = "regulars.channels.letter"
    label = "letter"
