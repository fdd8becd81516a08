"""The playbook `lapsing_regular_call`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Days, Playbook, SegmentKey, Settings, Step, Trigger, Words, step, trigger


class LapsingRegularCall(Playbook):
    """Somebody of the shop calls regulars who stay away, if they agreed to calls: to listen, not to sell."""

    key = "lapsing_regular_call"
    icon = "phone"
    title = Words(en="Call a lapsing regular", de="Stammkunden anrufen, die wegbleiben")
    description = Words(
        en="Regulars who have not ordered for a while come onto the list of a person, who calls and asks how they are doing "
        "with you. Only those who agreed to calls. Whoever orders before is not called.",
        de="Stammkunden, die eine Weile nicht bestellt haben, kommen auf die Liste eines Menschen, der anruft und fragt, "
        "wie zufrieden sie sind. Nur wer Anrufen zugestimmt hat. Wer vorher bestellt, wird nicht angerufen.",
    )
    why = Words(
        en="No mail hears why somebody stays away. A call costs time, so it is for the few who matter most, and what they "
        "say is often worth more than the order.",
        de="Keine Mail hört, warum jemand wegbleibt. Ein Anruf kostet Zeit, deshalb gilt er den wenigen, die am meisten "
        "zählen. Was sie sagen, ist oft mehr wert als die Bestellung.",
    )
    channel = "phone"
    goal = "hold"
    kpi = "customer_retention_rate"
    needs = ("phones",)
    is_personal = True
    again_after_days = 365
    ends_when = "ordered"
    outcome_days = 90
    message_names = {"call": Words(en="What to say, and what to ask", de="Was zu sagen und zu fragen ist")}
    message_channels = {"call": "phone"}
    settings = (
        SegmentKey("segment", Words(en="Whom", de="Wen"), "lapsing-regulars", 1, 60),
        Days("due_days", Words(en="Days to make the call", de="Tage Zeit für den Anruf"), 7, 1, 60),
    )

    def trigger(self, s: Settings) -> Trigger:
        return trigger("segment_entered", segment=s["segment"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [step("call", "send", message="call", within_hours=24 * s["due_days"])]
