"""The step `branch_score`: goes two ways by a score of the customer."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.decide.segments.fields import FIELDS, MONEY
from regulars.journeys.answers import fits_profile
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Params, Wording
from regulars.journeys.two_ways import OTHERWISE, THEN, TwoWays
from regulars.journeys.words import Words

SCORES = {
    "p_alive": Words(en="probability of still being a customer", de="Wahrscheinlichkeit, noch Kunde zu sein"),
    "churn_risk": Words(en="risk of leaving", de="Abwanderungsrisiko"),
    "expected_orders": Words(en="expected orders in 12 months", de="erwartete Bestellungen in 12 Monaten"),
    "clv": Words(en="predicted lifetime value (minor units)", de="prognostizierter Kundenwert (kleinste Einheit)"),
    "r": Words(en="recency score (1–5)", de="Recency-Wert (1–5)"),
    "f": Words(en="frequency score (1–5)", de="Frequency-Wert (1–5)"),
    "m": Words(en="monetary score (1–5)", de="Monetary-Wert (1–5)"),
}
BOUNDS = ("at_least", "at_most")


class BranchScore(TwoWays):
    """Whether a score lies in the bounds. A customer who has no score yet goes the way of no."""

    key = "branch_score"
    title = gettext_lazy("Branch by a score")
    icon = "gauge"
    fields = (
        Field("score", "choice", Words(en="Score", de="Wert"), required=True, choices=SCORES),
        Field("at_least", "number", Words(en="At least", de="Mindestens"), minimum=-1e12, maximum=1e12),
        Field("at_most", "number", Words(en="At most", de="Höchstens"), minimum=-1e12, maximum=1e12),
        THEN,
        OTHERWISE,
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if not any(bound in params for bound in BOUNDS):
            yield "at_least", _("say at_least, at_most, or both")
        elif params.get("at_least", -1e12) > params.get("at_most", 1e12):
            yield "at_most", _("must not be below at_least")

    def yes(self, batch: Batch) -> set[int]:
        asked = batch.params
        bounds = [{"field": asked["score"], "op": bound, "value": asked[bound]} for bound in BOUNDS if bound in asked]
        return fits_profile(batch.shop, batch.enrolments, {"all": bounds}, batch.now)

    def describe(self, params: Params, playbook: Wording) -> str:
        name = FIELDS[params["score"]].title
        factor = 100 if FIELDS[params["score"]].kind == MONEY else 1
        parts = [_("at least %(n)s"), _("at most %(n)s")]
        told = [
            text % {"n": f"{params[bound] / factor:g}"}
            for text, bound in zip(parts, BOUNDS, strict=True)
            if bound in params
        ]
        return f"{name}: {', '.join(told)}"
