"""The playbook `replenishment`."""

from collections.abc import Sequence
from typing import Any

from regulars.journeys.playbook import (
    Days,
    Playbook,
    Settings,
    Step,
    Text,
    Trigger,
    Words,
    category_setting,
    hour_setting,
    step,
    trigger,
)

SHORTEST = 7


class Replenishment(Playbook):
    """A reminder before something is used up, by the customer's own rhythm or what is typical of the product."""

    key = "replenishment"
    icon = "refresh-cw"
    title = Words(en="Replenishment", de="Nachschub")
    description = Words(
        en="Some days before a product is used up, customers are asked whether they need more of it: by their own rhythm, "
        "or by what is usual for the product. Whoever has bought it since is not asked.",
        de="Einige Tage, bevor ein Produkt aufgebraucht ist, werden Kunden gefragt, ob sie Nachschub brauchen: nach ihrem "
        "eigenen Rhythmus oder danach, wie lange das Produkt üblicherweise reicht. Wer inzwischen nachgekauft hat, wird "
        "nicht gefragt.",
    )
    why = Words(
        en="A reminder at the right time is a service: nobody likes to run out. It works only for goods that are used up; "
        "which those are, your orders tell.",
        de="Eine Erinnerung zur rechten Zeit ist ein Dienst: Niemand steht gern ohne da. Das gilt nur für Waren, die "
        "verbraucht werden. Welche das sind, zeigen Ihre Bestellungen.",
    )
    goal = "hold"
    kpi = "repurchase_rate"
    needs = ("repeat_products",)
    again_after_days = 21
    ends_when = "ordered"
    settings = (
        category_setting(
            Words(en="“All” means: whatever is bought again.", de="„Alle“ heißt: alles, was wiedergekauft wird.")
        ),
        Text(
            "products",
            Words(en="Only these products", de="Nur diese Produkte"),
            "",
            0,
            1000,
            Words(en="Article numbers, separated by commas.", de="Artikelnummern, durch Kommas getrennt."),
        ),
        Days(
            "days",
            Words(en="Days that one unit lasts", de="Tage, die eine Einheit reicht"),
            0,
            0,
            300,
            Words(
                en="0: learnt from the orders. Another number counts for the category or products above.",
                de="0: aus den Bestellungen gelernt. Eine andere Zahl gilt für die Kategorie oder die Produkte oben.",
            ),
        ),
        Days("lead_days", Words(en="Days before it is used up", de="Tage, bevor es aufgebraucht ist"), 5, 0, 60),
        hour_setting(10),
    )
    message_names = {"soon": Words(en="Still enough left?", de="Ist noch genug da?")}

    def trigger(self, s: Settings) -> Trigger:
        asked: dict[str, Any] = {"lead_days": s["lead_days"], "hour": s["hour"]}
        if s["category"]:
            asked["category"] = s["category"]
        if s["products"]:
            asked["products"] = s["products"]
        if s["days"] and (s["category"] or s["products"]):
            asked["days"] = max(SHORTEST, s["days"])
        return trigger("replenishment", **asked)

    def steps(self, s: Settings) -> Sequence[Step]:
        return [step("soon", "send", message="soon", within_hours=72)]
