"""The step `task`: asks a person to do something for the customer, such as a call."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.journeys.fields import Field
from regulars.journeys.kinds import Batch, Move, Params, StepKind, Wording
from regulars.journeys.local_time import add_days, zone_of
from regulars.journeys.words import Words
from regulars.serve.tasks import actions as tasks

WHO = {
    "service": Words(en="service", de="Service"),
    "marketer": Words(en="marketing", de="Marketing"),
    "owner": Words(en="owner", de="Inhaber"),
}


class TaskStep(StepKind):
    """The journey goes on at once; to wait for the outcome, let a step `wait_for` the event task.done follow."""

    key = "task"
    title = gettext_lazy("Task for a person")
    icon = "clipboard-list"
    fields = (
        Field("title", "text", Words(en="What to do", de="Was zu tun ist"), required=True, minimum=1, maximum=120),
        Field("note", "text", Words(en="Note", de="Hinweis"), maximum=1000),
        Field(
            "who",
            "choice",
            Words(en="Who", de="Wer"),
            Words(en="Default: everybody who does tasks.", de="Sonst: alle, die Aufgaben erledigen."),
            choices=WHO,
        ),
        Field(
            "due_days",
            "duration",
            Words(en="Due after", de="Fällig nach"),
            default=1,
            minimum=0,
            maximum=365,
            unit="days",
        ),
    )

    def run(self, batch: Batch) -> list[Move]:
        params = batch.params
        days = params.get("due_days", 1)
        due = add_days(batch.now, zone_of("", batch.shop), days) if days else batch.now + timedelta(minutes=1)
        drafts = [
            tasks.TaskDraft(
                customer_id=one.customer_id,
                title=params["title"],
                note=params.get("note", ""),
                role=params.get("who", ""),
                due_at=due,
                key=batch.key(one),
                measure_id=batch.journey.measure_id,
            )
            for one in batch.enrolments
        ]
        tasks.create_tasks(batch.shop, drafts, batch.now)
        return [batch.forward(one) for one in batch.enrolments]

    def describe(self, params: Params, playbook: Wording) -> str:
        who = str(WHO[params["who"]]) if params.get("who") else _("everybody")
        return _("“%(title)s” for %(who)s") % {"title": params["title"], "who": who}
