"""The playbook `second_order`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
    Days,
    Playbook,
    Settings,
    Step,
    Trigger,
    Words,
    hour_setting,
    issue_voucher,
    step,
    trigger,
    voucher_settings,
)


class SecondOrder(Playbook):
    """Shows first-time buyers what else fits, and gives those who still hesitate a voucher for their second order."""

    key = "second_order"
    icon = "repeat"
    title = Words(en="Second order", de="Zweite Bestellung")
    description = Words(
        en="Some weeks after their first order customers see what sells best in the section they bought from. Whoever has "
        "not ordered two weeks later gets a personal voucher; whoever has, hears nothing more.",
        de="Einige Wochen nach ihrer ersten Bestellung sehen Kunden, was in der Rubrik beliebt ist, in der sie gekauft "
        "haben. Wer zwei Wochen später nicht bestellt hat, bekommt einen persönlichen Gutschein, wer bestellt hat, nichts "
        "mehr.",
    )
    why = Words(
        en="Many customers never come a second time; those who do are more likely to come a third. Only who needs it gets "
        "a discount, and the holdout shows how many would have come back without.",
        de="Viele Kunden kommen kein zweites Mal; wer es tut, kommt eher auch ein drittes Mal. Rabatt bekommt nur, "
        "wer ihn braucht, und die Vergleichsgruppe zeigt, wie viele auch ohne wiedergekommen wären.",
    )
    goal = "hold"
    kpi = "second_order_rate_90"
    needs = ("orders",)
    ends_when = "ordered"
    outcome_days = 60
    settings = (
        Days(
            "after_days",
            Words(en="Days after the first order", de="Tage nach der ersten Bestellung"),
            21,
            7,
            120,
            Words(
                en="When the first parcel has been enjoyed, and before the shop is forgotten.",
                de="Wenn das erste Paket Freude gemacht hat und bevor der Shop vergessen ist.",
            ),
        ),
        *voucher_settings(percent=10, minimum_value=0, valid_days=21),
        hour_setting(10),
    )
    message_names = {
        "look": Words(en="What goes with it", de="Was dazu passt"),
        "gift": Words(en="A voucher for the second time", de="Ein Gutschein fürs zweite Mal"),
    }

    def trigger(self, s: Settings) -> Trigger:
        return trigger(
            "customer_date",
            date="first_order_at",
            after_days=s["after_days"],
            hour=s["hour"],
            profile={"all": [{"field": "orders", "op": "is", "value": 1}]},
        )

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step("look", "send", message="look", within_hours=72, goes_on=True),
            step("think", "wait", days=14, until_hour=s["hour"]),
            step("ordered", "branch", ordered=True, then="thanks"),
            issue_voucher("voucher", s),
            step("gift", "send", message="gift", voucher="voucher", within_hours=72),
            step("end", "exit"),
            step("thanks", "exit", reason="ordered"),
        ]
