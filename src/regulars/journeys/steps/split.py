"""The step `split`: sends customers several ways at random, in stated shares (A/B/n)."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import bulk
from regulars.decide.experiments.actions import draw
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.models import SplitDraw
from regulars.journeys.words import Words


class Split(StepKind):
    """The draw is a keyed hash of the customer with the measure's salt and the step, so that a repetition draws the same; it
    is stored, so that later shares move nobody and each way can be judged.
    """

    key = "split"
    title = gettext_lazy("Random split")
    icon = "git-branch"
    fields = (
        Field(
            "ways",
            "ways",
            Words(en="Ways", de="Wege"),
            Words(
                en="Each with a key, its share and the step it goes to (default: the next).",
                de="Jeder mit Kurznamen, Anteil und dem Schritt, zu dem er führt (sonst: der nächste).",
            ),
            required=True,
        ),
    )

    def run(self, batch: Batch) -> list[Move]:
        ids = {one.pk for one in batch.enrolments}
        stored = SplitDraw._base_manager.filter(enrolment_id__among=ids, step=batch.step)
        drawn = dict(stored.values_list("enrolment_id", "way"))
        salt = f"{batch.journey.measure.salt}:{batch.step}"
        fresh = {
            one.pk: way_of(batch.params, draw(salt, one.customer_id)) for one in batch.enrolments if one.pk not in drawn
        }
        if fresh:
            rows = [(batch.shop.pk, pk, batch.step, way) for pk, way in fresh.items()]
            bulk.insert(SplitDraw, ("shop_id", "enrolment_id", "step", "way"), rows)
        to = {way["key"]: way.get("to") for way in batch.params["ways"]}
        moves = []
        for one in batch.enrolments:
            step = to.get(drawn.get(one.pk) or fresh[one.pk])
            moves.append(Move(one, step, batch.now) if step else batch.forward(one))
        return moves

    def pass_over(self, batch: Batch) -> list[Move]:
        return self.run(batch)

    def goes_on(self, params: Params) -> bool:
        return any(not way.get("to") for way in params["ways"])

    def describe(self, params: Params, playbook: Wording) -> str:
        shares = ", ".join(f"{way['key'].upper()} {round(100 * way['share'], 1):g} %" for way in params["ways"])
        return _("By lot: %(shares)s") % {"shares": shares}


def way_of(params: Params, number: float) -> str:
    """The way whose part of [0, 1) holds the number."""
    end = 0.0
    for way in params["ways"]:
        end += way["share"]
        if number < end:
            return str(way["key"])
    return str(params["ways"][-1]["key"])
