"""The playbook `new_in_your_interest`."""

from collections.abc import Sequence
from typing import Any

from regulars.journeys.playbook import (
    Days,
    Playbook,
    Settings,
    Step,
    Trigger,
    Words,
    category_setting,
    hour_setting,
    step,
    trigger,
)


class NewInYourInterest(Playbook):
    """News of the assortment, for those who like its category most; what comes within a day is told together."""

    key = "new_in_your_interest"
    icon = "sparkles"
    title = Words(en="New in your interest", de="Neu in Ihrem Interesse")
    description = Words(
        en="When something new comes into the assortment, those hear of it who buy most in that category, the day after "
        "and at most once a month.",
        de="Kommt etwas Neues ins Sortiment, erfahren es die Kunden, die in dieser Kategorie am meisten kaufen: am Tag "
        "darauf und höchstens einmal im Monat.",
    )
    why = Words(
        en="Good news at the right address is welcome. Whoever sees that you know their taste has a reason to look in, "
        "without any discount.",
        de="Eine gute Nachricht an die Richtigen ist willkommen. Wer merkt, dass Sie seinen Geschmack kennen, schaut "
        "vorbei, ganz ohne Rabatt.",
    )
    goal = "attachment"
    kpi = "repurchase_rate"
    needs = ("novelties", "interests")
    again_after_days = 30
    settings = (
        category_setting(
            Words(
                en="“All”: each customer hears of the category they like most.",
                de="„Alle“: Jeder erfährt von der Kategorie, die er am liebsten mag.",
            )
        ),
        Days(
            "within_days",
            Words(en="Only who ordered within (days)", de="Nur wer zuletzt bestellt hat vor höchstens (Tagen)"),
            365,
            30,
            1095,
        ),
        hour_setting(17),
    )
    message_names = {"news": Words(en="New for you", de="Neu für dich")}

    def trigger(self, s: Settings) -> Trigger:
        asked: dict[str, Any] = {"within_days": s["within_days"]}
        if s["category"]:
            asked["category"] = s["category"]
        return trigger("new_in_interest", **asked)

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step("gather", "wait", days=1, until_hour=s["hour"]),
            step("news", "send", message="news", within_hours=72),
        ]
