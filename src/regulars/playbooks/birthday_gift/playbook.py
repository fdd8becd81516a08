"""The playbook `birthday_gift`."""

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
        de="Eine kleine Überraschung am eigenen Tag zeigt Wertschätzung und hält den Shop in Erinnerung. Die "
        "Vergleichsgruppe zeigt, wie viele dieser Bestellungen auch so gekommen wären.",
    )
    goal = "attachment"
    kpi = "returning_share"
    needs = ("birthdays",)
    again_after_days = 300
    stop_after_days = 730
    settings = (
        *voucher_settings(
            percent=10,
            minimum_value=0,
            valid_days=30,
            minimum_help=Words(
                en="A gift with conditions is half a gift: 0 for no minimum.",
                de="Ein Geschenk mit Bedingung ist nur ein halbes: 0 für keinen Mindestwert.",
            ),
        ),
        hour_setting(9),
    )
    message_names = {"birthday": Words(en="Happy birthday", de="Alles Gute zum Geburtstag")}

    def trigger(self, s: Settings) -> Trigger:
        return trigger("customer_date", date="birthday", hour=s["hour"])

    def steps(self, s: Settings) -> Sequence[Step]:
        return [
            issue_voucher("voucher", s),
            step("birthday", "send", message="birthday", voucher="voucher", same_day=True),
        ]
