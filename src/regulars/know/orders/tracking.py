"""Where a parcel can be followed: the address that the shop gave, else the carrier's own page for its number."""

import re
from urllib.parse import quote

from .models import Shipment

PAGES = (
    (r"dhl", "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode={code}"),
    (r"dpd", "https://tracking.dpd.de/status/de_DE/parcel/{code}"),
    (r"hermes|evri", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{code}"),
    (r"gls", "https://gls-group.com/DE/de/paketverfolgung?match={code}"),
    (r"ups", "https://www.ups.com/track?tracknum={code}"),
    (r"post|deutsche post", "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={code}"),
)
"""How a carrier's name begins → its page, as their own sites address it."""


def tracking_url(parcel: Shipment) -> str:
    """The address; "" where the shop gave none and the carrier is unknown, or there is no number."""
    if parcel.tracking_url:
        return parcel.tracking_url
    code = "".join(parcel.tracking_code.split())
    for name, page in PAGES if code else ():
        if re.match(rf"({name})\b", parcel.carrier.strip(), re.IGNORECASE):
            return page.format(code=quote(code, safe=""))
    return ""
