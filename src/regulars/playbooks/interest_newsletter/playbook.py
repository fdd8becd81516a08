"""The playbook `interest_newsletter`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
    Number,
    Playbook,
    SegmentKey,
    Settings,
    Step,
    Trigger,
    Words,
    hour_setting,
    step,
    trigger,
)


class InterestNewsletter(Playbook):
    """Once a month what is new, and what is liked best, in the category that each customer likes most."""

    key = "interest_newsletter"
    icon = "book-open"
    title = Words(en="Newsletter by interest", de="Newsletter nach Interesse")
    description = Words(
        en="Once a month customers read what is new and what is liked best in the category they buy most from: each their "
        "own, made by itself.",
        de="Einmal im Monat lesen Kunden, was es in ihrer liebsten Kategorie Neues gibt und was dort besonders beliebt "
        "ist: jeder seine eigene Ausgabe, von selbst zusammengestellt.",
    )
    why = Words(
        en="Regular and relevant beats frequent and loud. A letter about what somebody likes is read; one about everything "
        "is unsubscribed from.",
        de="Regelmäßig und passend schlägt häufig und laut. Ein Brief über das, was jemand mag, wird gelesen; von einem "
        "über alles meldet man sich ab.",
    )
    goal = "attachment"
    kpi = "returning_share"
    needs = ("interests", "categories")
    reentry = "every_time"
    outcome_days = 60
    settings = (
        SegmentKey("segment", Words(en="To whom", de="An wen"), "known-interest", 1, 60),
        Number(
            "day",
            Words(en="Day of the month", de="Tag des Monats"),
            15,
            1,
            28,
            Words(en="Always the same: people get used to it.", de="Immer derselbe: Daran gewöhnt man sich."),
        ),
        hour_setting(10),
    )
    message_names = {"letter": Words(en="Newsletter", de="Newsletter")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("schedule", segment=s["segment"], every="month", day=s["day"], hour=s["hour"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [step("letter", "send", message="letter", within_hours=72)]
