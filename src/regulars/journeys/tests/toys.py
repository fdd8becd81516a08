"""A playbook and a kind of step for tests of the engine: what a step does is a fact on the timeline, so it can be counted."""

from typing import Any

from regulars.journeys import kinds
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, StepKind
from regulars.journeys.playbook import Days, Playbook, Settings, Step, Trigger, Words, step, trigger
from regulars.journeys.steps.exit import Exit
from regulars.journeys.steps.wait import Wait
from regulars.journeys.triggers.customer_date import CustomerDate
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record


class Note(StepKind):
    """Writes a fact `test.noted` for each treated customer; fails for customers whose first name is `fails_for`."""

    key = "note"
    title = "Note"
    icon = "pencil"
    fields = (
        Field("text", "text", Words(en="Text", de="Text")),
        Field("fails_for", "text", Words(en="Fails for", de="Scheitert bei")),
    )

    def run(self, batch: Batch) -> list[Move]:
        first_names = {}
        if batch.params.get("fails_for"):
            people = Customer._base_manager.filter(pk__in=[one.customer_id for one in batch.enrolments])
            first_names = dict(people.values_list("pk", "first_name"))
        for one in batch.enrolments:
            if batch.params.get("fails_for") and batch.params["fails_for"] == first_names.get(one.customer_id):
                raise RuntimeError("the step does not like this customer")
        facts = [
            # Without a source_key: only the transaction keeps it from being written twice.
            Fact("test.noted", batch.now, one.customer_id, {"step": batch.step, "enrolment": one.pk})
            for one in batch.enrolments
        ]
        record(batch.shop, facts, now=batch.now, source="test")
        return [batch.forward(one) for one in batch.enrolments]

    def describe(self, params: Any, playbook: Playbook) -> str:
        return "note"


class Toy(Playbook):
    """note, wait three days until 10 o'clock, note, end."""

    key = "toy"
    title = Words(en="Toy", de="Spielzeug")
    description = why = title
    goal = "attachment"
    kpi = "returning_share"
    holdout_share = "0.0"
    again_after_days = 300
    settings = (Days("days", Words(en="Days", de="Tage"), default=3, minimum=1, maximum=30),)
    fails_for = ""

    def trigger(self, s: Settings) -> Trigger:
        return trigger("customer_date", date="birthday", hour=9)

    def steps(self, s: Settings) -> list[Step]:
        return [
            step("first", "note", fails_for=self.fails_for),
            step("pause", "wait", days=s["days"], until_hour=10),
            step("second", "note"),
            step("end", "exit"),
        ]


class LeavesWhenOrdered(Toy):
    """The same, and whoever orders leaves."""

    key = "toy_leaves"
    ends_when = "ordered"


def play() -> None:
    """Makes the toys known, and only the kinds they need."""
    from regulars.journeys.playbook import register

    kinds._STEPS.update({"note": Note(), "wait": Wait(), "exit": Exit()})
    kinds._TRIGGERS.update({"customer_date": CustomerDate()})
    register(Toy())
    register(LeavesWhenOrdered())
