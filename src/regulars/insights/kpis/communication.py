"""How customers respond to what they are sent. Sums over messages that were handed over in the period."""

from django.utils.translation import gettext_lazy as _

from regulars.decide.goals.models import Measure
from regulars.insights.figures import Ask, Measured, Unit, kpi, missing, ratio

_BEHIND = "SELECT customer_id FROM periods JOIN outcomes ON day >= p_start AND day < p_end WHERE {which}"
DELIVERED = "bounced = 0"
TRACKED = "bounced = 0 AND tracked = 1"


def _shares(ask: Ask, numerator: str, denominator: str, reason: str = "no_messages") -> list[Measured]:
    """Share of the messages for which `denominator` holds for which `numerator` holds, too."""
    found = {
        row["i"]: row
        for row in ask.rows(
            f"""
            SELECT i, COUNT(*) FILTER (({denominator}) AND ({numerator})) AS numerator,
                   COUNT(*) FILTER ({denominator}) AS denominator
            FROM periods JOIN outcomes ON day >= p_start AND day < p_end GROUP BY i
            """
        )
    }
    return [
        ratio(int(row["numerator"]), int(row["denominator"])) if row and row["denominator"] else missing(reason)
        for row in (found.get(i) for i in range(len(ask.periods)))
    ]


@kpi(
    "delivery_rate",
    unit=Unit.SHARE,
    title=_("Delivered"),
    definition=_("Of the messages handed to the server in the period, the share that did not come back."),
    rows=("customers", _BEHIND.format(which="bounced = 0")),
)
def delivery_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, DELIVERED, "TRUE")


@kpi(
    "bounce_rate",
    unit=Unit.SHARE,
    title=_("Bounced"),
    definition=_("Of the messages handed to the server in the period, the share that came back."),
    rows=("customers", _BEHIND.format(which="bounced = 1")),
)
def bounce_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, "bounced = 1", "TRUE")


@kpi(
    "open_rate",
    unit=Unit.SHARE,
    rows=("customers", _BEHIND.format(which="opened_at IS NOT NULL AND bounced = 0 AND tracked = 1")),
    title=_("Opened"),
    definition=_(
        "Of the messages delivered to customers who agreed to measuring, the share that a person opened. Opens by privacy "
        "proxies and scanners are told apart and left out."
    ),
)
def open_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, "opened_at IS NOT NULL", TRACKED, "no_tracked")


@kpi(
    "click_rate",
    unit=Unit.SHARE,
    rows=("customers", _BEHIND.format(which="clicked_at IS NOT NULL AND bounced = 0 AND tracked = 1")),
    title=_("Clicked"),
    definition=_(
        "Of the messages delivered to customers who agreed to measuring, the share in which a person clicked a link. Clicks "
        "by scanners are told apart and left out."
    ),
)
def click_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, "clicked_at IS NOT NULL", TRACKED, "no_tracked")


@kpi(
    "conversion_rate",
    unit=Unit.SHARE,
    rows=("customers", _BEHIND.format(which="ordered_at IS NOT NULL")),
    title=_("Conversion"),
    definition=_(
        "Customers with an order that is owed to a message of the period, divided by the messages delivered. An order is owed "
        "to the message clicked last within the 5 days before it, else to the one opened last within the day before. What "
        "the measure caused is another figure: its effect."
    ),
)
def conversion_rate(ask: Ask) -> list[Measured]:
    found = {
        row["i"]: row
        for row in ask.rows(
            """
            SELECT i, COUNT(DISTINCT customer_id) FILTER (ordered_at IS NOT NULL) AS numerator,
                   COUNT(*) FILTER (bounced = 0) AS denominator
            FROM periods JOIN outcomes ON day >= p_start AND day < p_end GROUP BY i
            """
        )
    }
    return [
        ratio(int(row["numerator"]), int(row["denominator"])) if row and row["denominator"] else missing("no_messages")
        for row in (found.get(i) for i in range(len(ask.periods)))
    ]


@kpi(
    "unsubscribe_rate",
    unit=Unit.SHARE,
    rows=("customers", _BEHIND.format(which="unsubscribed = 1 AND bounced = 0")),
    title=_("Unsubscribed"),
    definition=_("Of the messages delivered in the period, the share by which somebody unsubscribed."),
)
def unsubscribe_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, "unsubscribed = 1", DELIVERED)


@kpi(
    "spam_complaint_rate",
    unit=Unit.SHARE,
    rows=("customers", _BEHIND.format(which="complained = 1 AND bounced = 0")),
    title=_("Reported as spam"),
    definition=_("Of the messages delivered in the period, the share that was reported as spam."),
)
def spam_complaint_rate(ask: Ask) -> list[Measured]:
    return _shares(ask, "complained = 1", DELIVERED)


@kpi(
    "customer_response_time",
    unit=Unit.DAYS,
    title=_("Customer response time"),
    definition=_(
        "Median time from delivery to the customer's first response (click, reply, order owed to the message) among those who "
        "responded within 30 days. Beside it how many did, of how many messages delivered to customers who agreed to "
        "measuring or replied."
    ),
)
def customer_response_time(ask: Ask) -> list[Measured]:
    found = {
        row["i"]: row
        for row in ask.rows(
            """
            SELECT i, MEDIAN(CASE WHEN wait <= 30 THEN wait END) AS median,
                   COUNT(*) FILTER (wait <= 30) AS responded, COUNT(*) AS delivered
            FROM periods JOIN (
                SELECT day, (EPOCH(responded_at) - EPOCH(moment)) / 86400.0 AS wait FROM outcomes
                WHERE bounced = 0 AND (tracked = 1 OR responded_at IS NOT NULL)
            ) ON day >= p_start AND day < p_end
            GROUP BY i
            """
        )
    }
    made = []
    for i in range(len(ask.periods)):
        row = found.get(i)
        if row is None:
            made.append(missing("no_tracked"))
            continue
        responded, delivered = int(row["responded"]), int(row["delivered"])
        value = None if row["median"] is None else float(row["median"])
        detail = {"responded_share": responded / delivered}
        made.append(Measured(value, responded, delivered, None, None if responded else "no_responses", detail))
    return made


@kpi(
    "birthday_effect",
    unit=Unit.NUMBER,
    title=_("Birthday mails against promotional mails"),
    definition=_(
        "Revenue owed to birthday mails, for each delivered, divided by the revenue owed to other promotional mails, for each "
        "delivered; both to customers who agreed to measuring."
    ),
)
def birthday_effect(ask: Ask) -> list[Measured]:
    measures = Measure._base_manager.filter(shop=ask.shop, occasion="birthday").values_list("pk", flat=True)
    birthday = f"measure_id IN ({', '.join(map(str, measures)) or 'NULL'})"
    found = {
        row["i"]: row
        for row in ask.rows(
            f"""
            SELECT i, COUNT(*) FILTER (is_birthday) AS birthday, COUNT(*) FILTER (NOT is_birthday) AS other,
                   COALESCE(SUM(revenue) FILTER (is_birthday), 0) AS birthday_revenue,
                   COALESCE(SUM(revenue) FILTER (NOT is_birthday), 0) AS other_revenue
            FROM periods JOIN (
                SELECT *, COALESCE({birthday}, FALSE) AS is_birthday FROM outcomes
                WHERE bounced = 0 AND tracked = 1 AND is_marketing = 1
            ) ON day >= p_start AND day < p_end
            GROUP BY i
            """
        )
    }
    made = []
    for i in range(len(ask.periods)):
        row = found.get(i)
        if not row or not row["birthday"]:
            made.append(missing("no_birthday_mails"))
        elif not row["other"] or not row["other_revenue"]:
            made.append(missing("empty_denominator"))
        else:
            numerator = float(row["birthday_revenue"]) / int(row["birthday"])
            denominator = float(row["other_revenue"]) / int(row["other"])
            made.append(Measured(numerator / denominator, numerator, denominator))
    return made
