"""The playbook `first_order_anniversary`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
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


class FirstOrderAnniversary(Playbook):
    """A voucher on the day on which the customer ordered for the first time, each year."""

    key = "first_order_anniversary"
    icon = "heart"
    title = Words(en="Anniversary of the first order", de="Jahrestag der ersten Bestellung")
    description = Words(
        en="Each year, on the day of their first order, customers get a few lines and a personal voucher. It needs nothing "
        "that a shop does not know: no birthday has to be asked.",
        de="Jedes Jahr am Tag ihrer ersten Bestellung bekommen Kunden ein paar Zeilen und einen persönlichen Gutschein. "
        "Dazu muss der Shop nichts wissen, was er nicht schon weiß: Kein Geburtstag muss erfragt werden.",
    )
    why = Words(
        en="A shared date is a reason to write that is neither a sale nor a season. It reaches every customer once a year, "
        "lapsed ones too, and the holdout shows what it brings.",
        de="Ein gemeinsames Datum ist ein Anlass, der weder Ausverkauf noch Saison ist. Er erreicht jeden Kunden einmal im "
        "Jahr, auch die stillen, und die Vergleichsgruppe zeigt, was er bringt.",
    )
    goal = "attachment"
    kpi = "returning_share"
    again_after_days = 300
    stop_after_days = 730
    settings = (*voucher_settings(percent=10, minimum_value=0, valid_days=30), hour_setting(10))
    message_names = {"anniversary": Words(en="Our anniversary", de="Unser Jahrestag")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("customer_date", date="first_order_at", yearly=True, hour=s["hour"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            issue_voucher("voucher", s),
            step("anniversary", "send", message="anniversary", voucher="voucher", within_hours=48),
        ]
