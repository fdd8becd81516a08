"""MJML of one's own, for experts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from .fields import Code
from .kind import BlockKind, Composing, Lines


class Mjml(BlockKind):
    key = "mjml"
    title = _("MJML")
    about = _("Sections in MJML, for experts: <mj-section>…</mj-section>.")
    icon = "code"
    group = "layout"
    order = 90
    places = frozenset({"body"})
    fields = (Code("source", _("Source text"), is_required=True),)

    def lines(self, block: Mapping[str, Any], composing: Composing, place: str) -> Lines:
        return [(line, block["id"]) for line in block["values"]["source"].split("\n")]
