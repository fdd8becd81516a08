"""The playbook `surprise_note`."""

from collections.abc import Sequence

from regulars.journeys.playbook import Money, Number, Percent, Playbook, Settings, Step, Trigger, Words, step, trigger


class SurpriseNote(Playbook):
    """A card written by hand, and perhaps a small thing, in the parcels of a few regulars whom a lot picks."""

    key = "surprise_note"
    icon = "pencil"
    title = Words(en="Surprise in the parcel", de="Überraschung im Paket")
    description = Words(
        en="A lot picks some of the orders, within your budget for the month. Whoever packs them sees the words at the "
        "pack bench, writes them by hand and puts the card in. The customer is told nothing beforehand, and nothing is "
        "asked in return.",
        de="Ein Los wählt einige Bestellungen aus, im Rahmen Ihres Monatsbudgets. Wer sie packt, legt eine "
        "handgeschriebene Karte dazu. Der Kunde erfährt vorher nichts, und es wird nichts dafür erwartet.",
    )
    why = Words(
        en="A surprise is remembered because nobody had to send it. It need not cost much; the words make it. Drawn by "
        "lot, it shows honestly whether people come back for it.",
        de="Eine Überraschung bleibt, weil niemand sie hätte schicken müssen. Sie muss nicht teuer sein; die Worte zählen. "
        "Weil das Los entscheidet, zeigt sich ehrlich, ob Kunden deswegen wiederkommen.",
    )
    channel = "parcel_note"
    goal = "attachment"
    kpi = "returning_share"
    needs = ("orders",)
    holdout_share = "0.3"
    again_after_days = 365
    outcome_days = 180
    message_names = {"note": Words(en="Words to write by hand", de="Worte, von Hand zu schreiben")}
    message_channels = {"note": "parcel_note"}
    settings = (
        Percent(
            "share",
            Words(en="Share of the orders, in percent", de="Anteil der Bestellungen, in Prozent"),
            5,
            1,
            100,
            Words(en="So that the budget lasts for the month.", de="Damit das Budget für den ganzen Monat reicht."),
        ),
        Money("budget", Words(en="Budget a month", de="Budget im Monat"), 5000, 2000, 10_000_000),
        Money(
            "cost",
            Words(en="What one surprise costs", de="Was eine Überraschung kostet"),
            250,
            10,
            2000,
            Words(en="Card, small thing, and the time for it.", de="Karte, Kleinigkeit und die Zeit dafür."),
        ),
        Number(
            "orders",
            Words(en="From this order of the customer on", de="Ab dieser Bestellung des Kunden"),
            2,
            1,
            20,
            Words(en="2: not with the first one.", de="2: nicht schon bei der ersten."),
        ),
    )

    def trigger(self, s: Settings) -> Trigger:
        return trigger(
            "order_drawn",
            share=s["share"] / 100,
            most_a_month=s["budget"] // s["cost"],
            profile={"all": [{"field": "orders", "op": "at_least", "value": s["orders"]}]},
        )

    def steps(self, s: Settings) -> Sequence[Step]:
        return [step("note", "send", message="note", within_hours=24 * 7)]
