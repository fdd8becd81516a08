from regulars.core.apps import HouseApp


class ParcelNoteConfig(HouseApp):
    name = "regulars.channels.parcel_note"
    label = "parcel_note"
