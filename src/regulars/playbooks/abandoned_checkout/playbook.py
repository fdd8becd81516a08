"""The playbook `abandoned_checkout`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
    Days,
    Money,
    Number,
    Percent,
    Playbook,
    Settings,
    Step,
    Trigger,
    Words,
    issue_voucher,
    step,
    trigger,
)


class AbandonedCheckout(Playbook):
    """A calm reminder of a checkout that was left; with a voucher afterwards only if the shop wants that."""

    key = "abandoned_checkout"
    icon = "shopping-cart"
    title = Words(en="Abandoned checkout", de="Abgebrochene Bestellung")
    description = Words(
        en="Some hours after a checkout was left, customers are reminded of what was in it, and asked whether something "
        "did not work. Whoever orders hears nothing more. No voucher, unless you set one.",
        de="Einige Stunden nach einer abgebrochenen Bestellung werden Kunden daran erinnert, was darin lag, und gefragt, "
        "ob etwas nicht geklappt hat. Wer bestellt, hört nichts mehr. Ohne Gutschein, außer Sie stellen einen ein.",
    )
    why = Words(
        en="Often something came in between, or did not work. A reminder helps then; a voucher teaches people to leave. "
        "How many would have come back by themselves, the holdout shows.",
        de="Oft kam nur etwas dazwischen, oder etwas hat nicht funktioniert. Dann hilft eine Erinnerung; ein Gutschein "
        "dagegen lehrt, abzubrechen. Wie viele von selbst wiederkommen, zeigt die Vergleichsgruppe.",
    )
    goal = "basket"
    kpi = "conversion_rate"
    needs = ("checkouts",)
    outcome_days = 14
    again_after_days = 30
    ends_when = "ordered"
    settings = (
        Number(
            "hours",
            Words(en="Hours until the reminder", de="Stunden bis zur Erinnerung"),
            4,
            1,
            72,
            Words(
                en="Counted from when the checkout counts as left.",
                de="Gezählt ab dem Moment, in dem sie als abgebrochen gilt.",
            ),
        ),
        Money(
            "from_value",
            Words(en="From goods worth", de="Ab einem Warenwert von"),
            0,
            0,
            100_000,
            Words(en="0 for every checkout.", de="0 für jede."),
        ),
        Percent(
            "percent",
            Words(en="Voucher two days later, in percent", de="Gutschein zwei Tage später, in Prozent"),
            0,
            0,
            50,
            Words(
                en="0 for none, which we advise: otherwise people learn to leave.",
                de="0 für keinen, und dazu raten wir: Sonst lohnt es sich, abzubrechen.",
            ),
        ),
        Money(
            "minimum_value",
            Words(en="Voucher from an order value of", de="Gutschein ab einem Bestellwert von"),
            0,
            0,
            100_000,
            Words(en="0 for no minimum.", de="0 für keinen Mindestwert."),
        ),
        Days("valid_days", Words(en="Voucher valid for (days)", de="Gutschein gültig für (Tage)"), 7, 7, 60),
    )
    message_names = {
        "reminder": Words(en="Not finished yet?", de="Noch nicht fertig?"),
        "gift": Words(en="A voucher for it (only if you set one)", de="Ein Gutschein dafür (nur wenn eingestellt)"),
    }

    def trigger(self, s: Settings) -> Trigger:
        return trigger("checkout_left", minimum_value=s["from_value"])

    def steps(self, s: Settings) -> Sequence[Step]:
        reminder = [
            step("pause", "wait", hours=s["hours"]),
            step("reminder", "send", message="reminder", within_hours=24),
        ]
        if not s["percent"]:
            return reminder
        return [
            *reminder,
            step("think", "wait", days=2, until_hour=10),
            issue_voucher("voucher", s),
            step("gift", "send", message="gift", voucher="voucher", within_hours=24),
        ]
