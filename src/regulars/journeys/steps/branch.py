"""The step `branch`: goes two ways by a condition on the profile, or by whether the customer ordered since enrolment."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.answers import fits_profile, ordered_since
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Params, Wording
from regulars.journeys.two_ways import OTHERWISE, THEN, TwoWays
from regulars.journeys.words import Words


class Branch(TwoWays):
    """ordered: true asks for a counted order since enrolment. profile: a rule of segments, asked of the profile as it is."""

    key = "branch"
    title = gettext_lazy("Branch")
    icon = "split"
    fields = (
        Field("profile", "rule", Words(en="The profile says", de="Das Profil besagt")),
        Field("ordered", "flag", Words(en="Has ordered since", de="Hat seitdem bestellt")),
        THEN,
        OTHERWISE,
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if bool(params.get("ordered")) == ("profile" in params):
            yield "profile", _("ask one thing: ordered = true, or a rule over the profile")

    def yes(self, batch: Batch) -> set[int]:
        if batch.params.get("ordered"):
            return ordered_since(batch.enrolments, batch.now)
        return fits_profile(batch.shop, batch.enrolments, batch.params["profile"], batch.now)

    def describe(self, params: Params, playbook: Wording) -> str:
        question: Any = _("Has the customer ordered since?") if params.get("ordered") else _("Does the condition hold?")
        return str(question)
