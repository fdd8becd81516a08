"""How often customers are contacted, what it takes until they act, and what winning costs against keeping."""

from django.utils.translation import gettext_lazy as _

from regulars.insights.costs import entered
from regulars.insights.figures import Ask, Measured, Unit, kpi, missing, ratio
from regulars.insights.models import Cost

NEGLECTED_DAYS = 90


@kpi(
    "actions_per_interaction",
    unit=Unit.NUMBER,
    title=_("Contacts for each wanted behaviour"),
    definition=_(
        "Contacts that a customer got before each order, since the order before it; mean over the orders of the period. "
        "Beside it the contacts of the period to customers who did not order."
    ),
)
def actions_per_interaction(ask: Ask) -> list[Measured]:
    """Wanted behaviours are counted orders; answers, enrolments and RSVPs join when there are such records."""
    behaved = ask.rows(
        """
        SELECT i, COUNT(*) AS behaviours, COALESCE(SUM(contacts), 0) AS contacts
        FROM periods JOIN (
            SELECT b.order_id, ANY_VALUE(b.day) AS day, COUNT(c.contact_id) AS contacts
            FROM (
                SELECT order_id, customer_id, day, moment,
                       LAG(moment) OVER (PARTITION BY customer_id ORDER BY moment, order_id) AS previous
                FROM orders WHERE customer_id IS NOT NULL
            ) b
            LEFT JOIN approaches c ON c.customer_id = b.customer_id AND c.moment <= b.moment
                AND (b.previous IS NULL OR c.moment > b.previous)
            GROUP BY b.order_id
        ) ON day >= p_start AND day < p_end
        GROUP BY i
        """
    )
    in_vain = ask.rows(
        """
        SELECT i, COUNT(*) AS contacts FROM periods JOIN approaches c ON c.day >= p_start AND c.day < p_end
        WHERE NOT EXISTS (
            SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id AND o.day >= p_start AND o.day < p_end
        )
        GROUP BY i
        """
    )
    found = {row["i"]: row for row in behaved}
    vain = {row["i"]: int(row["contacts"]) for row in in_vain}
    made = []
    for i in range(len(ask.periods)):
        row = found.get(i)
        detail = {"contacts_without_behaviour": vain.get(i, 0)}
        if not row or not row["behaviours"]:
            made.append(Measured(None, None, 0, reason="empty_denominator", detail=detail))
        else:
            contacts, behaviours = int(row["contacts"]), int(row["behaviours"])
            made.append(Measured(contacts / behaviours, contacts, behaviours, detail=detail))
    return made


@kpi(
    "contacts_per_customer_year",
    unit=Unit.NUMBER,
    title=_("Contacts per customer and year"),
    definition=_(
        "Contacts of the period to active customers (a counted order in the 365 days before its end), divided by the active "
        "customers, scaled to a year."
    ),
)
def contacts_per_customer_year(ask: Ask) -> list[Measured]:
    found = {
        row["i"]: row
        for row in ask.rows(
            """
            SELECT a.i, COUNT(DISTINCT a.customer_id) AS customers, COUNT(c.contact_id) AS contacts
            FROM (
                SELECT DISTINCT i, customer_id, p_start, p_end FROM periods JOIN orders ON day >= e_start AND day < p_end
                WHERE customer_id IS NOT NULL
            ) a
            LEFT JOIN approaches c ON c.customer_id = a.customer_id AND c.day >= a.p_start AND c.day < a.p_end
            GROUP BY a.i
            """
        )
    }
    made = []
    for i, period in enumerate(ask.periods):
        row = found.get(i)
        if not row:
            made.append(missing("empty_denominator"))
        else:
            contacts, customers = int(row["contacts"]), int(row["customers"])
            made.append(Measured(contacts / customers * 365 / period.days, contacts, customers))
    return made


@kpi(
    "neglected_share",
    unit=Unit.SHARE,
    title=_("Neglected customers"),
    definition=_(
        "Of the customers active at the end of the period, the share who were not contacted in the 90 days before."
    ),
)
def neglected_share(ask: Ask) -> list[Measured]:
    found = {
        row["i"]: row
        for row in ask.rows(
            f"""
            SELECT a.i, COUNT(*) AS denominator, COUNT(*) FILTER (c.customer_id IS NULL) AS numerator
            FROM (
                SELECT DISTINCT i, customer_id FROM periods JOIN orders ON day >= e_start AND day < p_end
                WHERE customer_id IS NOT NULL
            ) a
            LEFT JOIN (
                SELECT DISTINCT i, customer_id FROM periods JOIN approaches ON day >= p_end - {NEGLECTED_DAYS} AND day < p_end
            ) c ON c.i = a.i AND c.customer_id = a.customer_id
            GROUP BY a.i
            """
        )
    }
    return [
        ratio(int(row["numerator"]), int(row["denominator"])) if row else missing("empty_denominator")
        for row in (found.get(i) for i in range(len(ask.periods)))
    ]


@kpi(
    "cost_win_vs_keep",
    unit=Unit.NUMBER,
    title=_("What winning costs against keeping"),
    definition=_(
        "Costs entered for winning customers for each new customer of the period, divided by costs entered for keeping them for "
        "each customer kept (active at its start and at its end). The sources say “five times as much”: this is your own figure."
    ),
)
def cost_win_vs_keep(ask: Ask) -> list[Measured]:
    won, kept = entered(ask.shop, Cost.Kind.WINNING, ask.periods), entered(ask.shop, Cost.Kind.KEEPING, ask.periods)
    new = {
        row["i"]: int(row["n"])
        for row in ask.rows(
            "SELECT i, COUNT(*) AS n FROM periods JOIN sequence ON n = 1 AND day >= p_start AND day < p_end GROUP BY i"
        )
    }
    stayed = {
        row["i"]: int(row["n"])
        for row in ask.rows("SELECT i, COUNT(*) FILTER (at_start AND at_end) AS n FROM standing GROUP BY i")
    }
    made = []
    for i in range(len(ask.periods)):
        if not won[i] or not kept[i]:
            made.append(missing("no_costs"))
        elif not new.get(i) or not stayed.get(i):
            made.append(missing("empty_denominator"))
        else:
            numerator, denominator = float(won[i]) / new[i], float(kept[i]) / stayed[i]
            made.append(Measured(numerator / denominator, numerator, denominator))
    return made


@kpi(
    "offer_conversion",
    unit=Unit.SHARE,
    title=_("Offers to existing against new customers"),
    definition=_(
        "Orders within 5 days of a contact, for each contact, of customers who had ordered before; beside it the same for "
        "customers who had not, and what an order cost by the costs entered."
    ),
)
def offer_conversion(ask: Ask) -> list[Measured]:
    rows = ask.rows(
        """
        SELECT i, is_existing, COUNT(*) AS contacts, COUNT(*) FILTER (ordered) AS orders
        FROM periods JOIN (
            SELECT c.contact_id, ANY_VALUE(c.day) AS day,
                   COALESCE(BOOL_OR(o.moment < c.moment), FALSE) AS is_existing,
                   COALESCE(BOOL_OR(o.moment >= c.moment AND o.moment < c.moment + INTERVAL 5 DAY), FALSE) AS ordered
            FROM approaches c LEFT JOIN orders o ON o.customer_id = c.customer_id GROUP BY c.contact_id
        ) ON day >= p_start AND day < p_end
        GROUP BY i, is_existing
        """
    )
    found = {(row["i"], bool(row["is_existing"])): (int(row["contacts"]), int(row["orders"])) for row in rows}
    costs = {
        True: entered(ask.shop, Cost.Kind.KEEPING, ask.periods),
        False: entered(ask.shop, Cost.Kind.WINNING, ask.periods),
    }
    made = []
    for i in range(len(ask.periods)):
        detail = {}
        for is_existing, name in ((True, "existing"), (False, "new")):
            contacts, orders = found.get((i, is_existing), (0, 0))
            cost = costs[is_existing][i]
            detail[name] = {
                "contacts": contacts,
                "orders": orders,
                "rate": orders / contacts if contacts else None,
                "cost_per_order": float(cost) / orders if cost and orders else None,
            }
        contacts, orders = found.get((i, True), (0, 0))
        if not contacts:
            made.append(Measured(None, 0, 0, reason="no_contacts", detail=detail))
        else:
            one = ratio(orders, contacts)
            made.append(Measured(one.value, one.numerator, one.denominator, one.interval, None, detail))
    return made
