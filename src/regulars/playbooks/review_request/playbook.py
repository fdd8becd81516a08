"""The playbook `review_request`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Days, Playbook, Settings, Step, Trigger, Words, hour_setting, step, trigger


class ReviewRequest(Playbook):
    """One request for an honest review, some days after the parcel arrived."""

    key = "review_request"
    icon = "star"
    title = Words(en="Review request", de="Bitte um eine Bewertung")
    description = Words(
        en="Some days after a parcel has arrived customers are asked for an honest review, once. Whoever sends something "
        "back is not asked. There is nothing in return for it.",
        de="Einige Tage nach der Zustellung werden Kunden einmal um eine ehrliche Bewertung gebeten. Wer etwas "
        "zurückschickt, wird nicht gefragt. Eine Gegenleistung gibt es nicht.",
    )
    why = Words(
        en="Strangers trust what other customers say, and criticism that reaches you can still be put right. Asked after "
        "the parcel, not after the click, people have something to tell.",
        de="Fremde glauben, was andere Kunden sagen, und Kritik, die bei Ihnen ankommt, lässt sich noch gutmachen. Wer "
        "erst nach dem Paket gefragt wird, hat auch etwas zu erzählen.",
    )
    goal = "satisfaction"
    kpi = "returning_share"
    needs = ("deliveries",)
    again_after_days = 180
    ends_when = "return.received"
    settings = (
        Days(
            "after_days",
            Words(en="Days after delivery", de="Tage nach der Zustellung"),
            10,
            3,
            60,
            Words(en="Long enough to have used it.", de="Lange genug, um es benutzt zu haben."),
        ),
        hour_setting(17),
    )
    message_names = {"review": Words(en="How do you like it?", de="Wie gefällt es dir?")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("event", type="shipment.delivered")

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step("use", "wait", days=s["after_days"], until_hour=s["hour"]),
            step("review", "send", message="review", within_hours=72),
        ]
