"""The step `tag`: sets a word on the customer, or removes it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.words import Words
from regulars.know.customers import actions as customers

DOES = {"add": Words(en="set it", de="setzen"), "remove": Words(en="remove it", de="entfernen")}


class TagStep(StepKind):
    """Segments can ask for the tag. Held-out customers get none: it says that somebody was treated."""

    key = "tag"
    title = gettext_lazy("Tag")
    icon = "tag"
    fields = (
        Field("name", "text", Words(en="Tag", de="Schlagwort"), required=True, minimum=1, maximum=40),
        Field("does", "choice", Words(en="What to do", de="Was geschieht"), default="add", choices=DOES),
    )

    def run(self, batch: Batch) -> list[Move]:
        does = customers.untag if batch.params.get("does") == "remove" else customers.tag
        ids = {one.customer_id for one in batch.enrolments}
        does(batch.shop, ids, batch.params["name"], batch.now, source="journeys")
        return [batch.forward(one) for one in batch.enrolments]

    def describe(self, params: Params, playbook: Wording) -> str:
        text = _("Remove the tag “%(name)s”") if params.get("does") == "remove" else _("Set the tag “%(name)s”")
        return text % {"name": params["name"]}
