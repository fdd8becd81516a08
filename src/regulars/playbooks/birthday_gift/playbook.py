"""The playbook `birthday_gift`."""

from collections.abc import Sequence

from regulars.journeys.playbook import (
    Days,
    Hour,
    Money,
    Percent,
    Playbook,
    Settings,
    Step,
    Trigger,
    Words,
    step,
    trigger,
)


class BirthdayGift(Playbook):
    """A voucher with good wishes on the morning of the customer's birthday."""

    key = "birthday_gift"
    icon = "cake"
    title = Words(en="Birthday gift", de="Geburtstagsgeschenk")
    description = Words(
        en="On the morning of their birthday customers get good wishes and a personal voucher, on their own clock and "
        "calendar. The year of birth is neither needed nor asked.",
        de="Am Morgen ihres Geburtstags bekommen Kunden Glückwünsche und einen persönlichen Gutschein, nach ihrer Uhr und "
        "ihrem Kalender. Das Geburtsjahr wird weder gebraucht noch gefragt.",
    )
    why = Words(
        en="A small surprise on a personal day shows appreciation and keeps the shop in mind. The holdout shows how many of "
        "these orders would have come anyway.",
        de="Eine kleine Überraschung am eigenen Tag zeigt Wertschätzung und hält den Shop in Erinnerung. Der Holdout "
        "zeigt, wie viele dieser Bestellungen auch so gekommen wären.",
    )
    goal = "attachment"
    kpi = "returning_share"
    holdout_share = "0.1"
    outcome_days = 30
    again_after_days = 300
    stop_after_days = 730
    settings = (
        Percent("percent", Words(en="Discount in percent", de="Rabatt in Prozent"), default=10, minimum=1, maximum=50),
        Money(
            "minimum_value",
            Words(en="From an order value of", de="Ab einem Bestellwert von"),
            default=0,
            minimum=0,
            maximum=100_000,
            help=Words(
                en="A gift with conditions is half a gift: 0 for no minimum.",
                de="Ein Geschenk mit Bedingung ist nur ein halbes: 0 für keinen Mindestwert.",
            ),
        ),
        Days(
            "valid_days",
            Words(en="Voucher valid for (days)", de="Gutschein gültig für (Tage)"),
            default=30,
            minimum=7,
            maximum=120,
        ),
        Hour(
            "hour",
            Words(en="Hour of the day (customer’s clock)", de="Uhrzeit (nach der Uhr des Kunden)"),
            default=9,
            minimum=0,
            maximum=18,
        ),
    )
    message_names = {"birthday": Words(en="Happy birthday", de="Alles Gute zum Geburtstag")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("customer_date", date="birthday", hour=s["hour"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            step(
                "voucher",
                "issue_voucher",
                offer="percent",
                percent=s["percent"],
                minimum_value=s["minimum_value"],
                valid_days=s["valid_days"],
            ),
            step("birthday", "send", message="birthday", voucher="voucher", same_day=True),
        ]
