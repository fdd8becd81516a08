"""The playbook `welcome`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Days, Playbook, Settings, Step, Trigger, Words, hour_setting, step, trigger


class Welcome(Playbook):
    """Says hello to those who allow mails, and what they may expect; some days later, what others like."""

    key = "welcome"
    icon = "user-plus"
    title = Words(en="Welcome", de="Willkommen")
    description = Words(
        en="Whoever agrees to your mails hears at once what to expect and can choose topics and frequency. Some days later "
        "they see what is liked best, unless they have ordered by then. No discount.",
        de="Wer Ihren Mails zustimmt, erfährt gleich, was zu erwarten ist, und kann Themen und Häufigkeit wählen. Einige "
        "Tage später folgt, was besonders beliebt ist – außer, es wurde inzwischen bestellt. Ohne Rabatt.",
    )
    why = Words(
        en="Nobody listens as closely as somebody who has just said yes. Whoever knows what to expect, and can say how "
        "often, has less reason to leave again.",
        de="Nie wird so aufmerksam gelesen wie direkt nach dem Ja. Wer weiß, was kommt, und selbst bestimmt, wie oft, hat "
        "weniger Grund, sich wieder abzumelden.",
    )
    goal = "attachment"
    kpi = "unsubscribe_rate"
    needs = ("sign_ups",)
    outcome_days = 60
    settings = (
        Days(
            "after_days",
            Words(en="Days until the second mail", de="Tage bis zur zweiten Mail"),
            5,
            2,
            30,
            Words(en="Time enough to look around first.", de="Zeit genug, sich erst selbst umzusehen."),
        ),
        hour_setting(10),
    )
    message_names = {
        "welcome": Words(en="Welcome", de="Willkommen"),
        "around": Words(en="What others like", de="Was andere mögen"),
    }

    def trigger(self, s: Settings) -> Trigger:
        said = {
            "all": [
                {"data": "channel", "op": "is", "value": "email"},
                {"data": "purpose", "op": "is", "value": "marketing"},
            ]
        }
        return trigger("event", type="consent.granted", where=said)

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step("welcome", "send", message="welcome", within_hours=24),
            step("pause", "wait", days=s["after_days"], until_hour=s["hour"]),
            step("ordered", "branch", ordered=True, then="thanks"),
            step("around", "send", message="around", within_hours=72),
            step("end", "exit"),
            step("thanks", "exit", reason="ordered"),
        ]
