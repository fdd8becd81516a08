"""The names of what a document mentions by key: the picture of a journey says names."""

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Coalesce

from regulars.core.models import Shop
from regulars.decide.segments.models import Segment
from regulars.reach.messaging.models import Template


def with_names(shop: Shop, document: Mapping[str, Any]) -> dict[str, Any]:
    """A document for its picture: the segment of its trigger and the templates of its steps have their names and channels.

    A frozen copy is called as the template it was copied from. At most two queries.
    """
    found = dict(document)
    trigger = document.get("trigger")
    if isinstance(trigger, Mapping) and trigger.get("segment") and not trigger.get("name"):
        name = (
            Segment._base_manager.filter(shop=shop, key=str(trigger["segment"])).values_list("name", flat=True).first()
        )
        if name:
            found["trigger"] = {**trigger, "name": name}
    params = [one.get("params") for one in document.get("steps", ()) if isinstance(one, Mapping)]
    keys = {str(one["template"]) for one in params if isinstance(one, Mapping) and one.get("template")}
    messages = document.get("messages") or {}
    if keys and isinstance(messages, Mapping):
        rows = Template._base_manager.filter(shop=shop, key__among=keys)
        named = rows.values_list("key", Coalesce("copy_of__name", "name"), "channel")
        found["messages"] = {key: {"name": name, "channel": channel} for key, name, channel in named} | dict(messages)
    return found
