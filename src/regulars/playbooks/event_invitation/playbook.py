"""The playbook `event_invitation`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Days, Playbook, SegmentKey, Settings, Step, Trigger, Words, step, trigger


class EventInvitation(Playbook):
    """Asks a segment as soon as a gathering is open, reminds once, and says to those who come what they need to know."""

    key = "event_invitation"
    icon = "calendar-days"
    title = Words(en="Event invitation", de="Einladung zur Veranstaltung")
    description = Words(
        en="As soon as you open a gathering for answers, a segment is asked, with a link to answer. Some days before, "
        "those who come are told what they need to know, and those who have not answered are reminded, once.",
        de="Sobald Sie eine Veranstaltung für Antworten öffnen, wird ein Segment eingeladen, mit einem Link zum Antworten. "
        "Einige Tage vorher erfahren alle, die kommen, was sie wissen müssen; wer nicht geantwortet hat, wird einmal "
        "erinnert.",
    )
    why = Words(
        en="People who have met you, and each other, stay. A reason to meet is worth more than the next discount.",
        de="Wer Ihnen und anderen Kunden begegnet ist, bleibt. Ein Anlass, sich zu treffen, ist mehr wert als der nächste "
        "Rabatt.",
    )
    goal = "attachment"
    kpi = "returning_share"
    needs = ("gatherings",)
    reentry = "every_time"
    outcome_days = 90
    settings = (
        SegmentKey("segment", Words(en="Whom", de="Wen"), "regulars", 1, 60),
        Days("days_before", Words(en="Days before, for the reminder", de="Tage vorher, für die Erinnerung"), 3, 1, 30),
    )
    message_names = {
        "invitation": Words(en="Invitation", de="Einladung"),
        "see_you": Words(en="See you soon", de="Bis bald"),
        "reminder": Words(en="Reminder", de="Erinnerung"),
    }

    def trigger(self, s: Settings) -> Trigger:
        return trigger("gathering_opened", segment=s["segment"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step("invite", "invite"),
            step("invitation", "send", message="invitation", within_hours=120),
            step("until", "before_gathering", days=s["days_before"], hour=10),
            step("comes", "branch_answer", answers=["yes"], then="see_you"),
            step("silent", "branch_answer", answers=["invited"], then="reminder"),
            step("answered", "exit"),
            step("reminder", "send", message="reminder", within_hours=24),
            step("asked", "exit"),
            step("see_you", "send", message="see_you", within_hours=24),
        ]
