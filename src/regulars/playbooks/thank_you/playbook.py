"""The playbook `thank_you`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Days, Playbook, Settings, Step, Trigger, Words, hour_setting, step, trigger


class ThankYou(Playbook):
    """A few lines of thanks a week after an order, without any offer, that ask whether all is well."""

    key = "thank_you"
    icon = "hand-heart"
    title = Words(en="Thank you", de="Danke nach dem Kauf")
    description = Words(
        en="A week after an order customers get a few personal lines: thanks, how to take care of what they bought, and "
        "whom to write to if something is wrong. Nothing is sold. At most once in 90 days.",
        de="Eine Woche nach einer Bestellung bekommen Kunden ein paar persönliche Zeilen: Dank, Tipps zur Pflege und an "
        "wen sie schreiben, wenn etwas nicht stimmt. Verkauft wird nichts. Höchstens einmal in 90 Tagen.",
    )
    why = Words(
        en="Thanks without a purpose are rare and remembered, and trouble that is told to you is not told to others. The "
        "holdout shows whether the lines also bring people back.",
        de="Dank ohne Hintergedanken ist selten und bleibt im Gedächtnis, und Ärger, den man Ihnen sagt, sagt man nicht "
        "anderen. Die Vergleichsgruppe zeigt, ob die Zeilen auch Kunden zurückbringen.",
    )
    goal = "satisfaction"
    kpi = "returning_share"
    needs = ("orders",)
    again_after_days = 90
    settings = (
        Days(
            "after_days",
            Words(en="Days after the order", de="Tage nach der Bestellung"),
            7,
            2,
            60,
            Words(en="When the parcel has surely arrived.", de="Wenn das Paket sicher angekommen ist."),
        ),
        hour_setting(17),
    )
    message_names = {"thanks": Words(en="Thank you", de="Danke")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("customer_date", date="last_order_at", after_days=s["after_days"], hour=s["hour"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [step("thanks", "send", message="thanks", within_hours=48)]
