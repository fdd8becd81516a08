"""A message as it was sent, for people of the shop to look at: nothing in it is tracked, and no link leaves for the customer."""

from django.conf import settings

from .actions import content_of, system_values
from .models import Message
from .rendering import Preview, preview


def as_sent(message: Message) -> Preview:
    """Subject, HTML and text of a message, from the frozen version and the values that were kept. No query beyond `version`.

    Its links are the plain ones and its way out leads nowhere: looking at it is neither a click nor a goodbye. What the shop
    says of itself (name, address, website) is as it is today. Raises RenderRefused where a value was not kept.
    """
    shop = message.shop
    values = {**message.values, **system_values(shop)}
    if message.purpose != "service":
        values["unsubscribe.url"] = values["preferences.url"] = "#"
    return preview(content_of(message.version), values, settings.REGULARS_BASE_URL)
