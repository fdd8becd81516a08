"""Legal grounds: what permits a channel for a purpose. Each ground is one declaration in this registry.

The gate asks the grounds of a channel in their order; the first that permits a customer counts. A ground is a scalar
expression in SQL, asked for a whole batch within one statement: the id of the consent that permits, 0 where the ground
permits without such a row, NULL where it does not. It reads `asked.customer_id`, `asked.measure_id`, `asked.channel`,
`asked.purpose` and the parameters `%(shop)s` and `%(now)s`, and runs on SQLite and PostgreSQL. A further ground is one more
call of `ground`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .models import Channel, Purpose


@dataclass(frozen=True)
class Permit:
    """ground: name of the ground. consent_id: the row that proves it, where the ground is a consent."""

    ground: str
    consent_id: int | None = None


@dataclass(frozen=True)
class Ground:
    """permits: the scalar expression."""

    key: str
    channels: tuple[str, ...]
    purposes: tuple[str, ...]
    permits: str
    order: int


GROUNDS: dict[str, Ground] = {}
ADVERTISING = frozenset({Purpose.MARKETING.value, Purpose.RESEARCH.value})
"""Purposes that count as advertising in German law: consent, objection, freeze, holdout and budget apply."""
MOST = 100
"""A permit is one number: that of the ground, plus a hundred times the consent's id."""


def ground(key: str, *, channels: Sequence[str], purposes: Sequence[str], permits: str, order: int = 50) -> None:
    """Declares a ground for the channels and purposes named. `order`: low is asked first."""
    GROUNDS[key] = Ground(key, tuple(str(one) for one in channels), tuple(str(one) for one in purposes), permits, order)
    assert len(GROUNDS) < MOST


def _in_order() -> list[Ground]:
    return sorted(GROUNDS.values(), key=lambda one: (one.order, one.key))


def permit_sql() -> str:
    """The permit of `asked` as one expression: a number that `permit_of` reads, NULL where nothing permits."""
    cases = [
        f"CASE WHEN asked.channel IN ({names(one.channels)}) AND asked.purpose IN ({names(one.purposes)})"
        f" THEN {number} + {MOST} * ({one.permits.strip()}) END"
        for number, one in enumerate(_in_order())
    ]
    return f"COALESCE({', '.join(cases)}, NULL)"


def ground_sql(permit: str) -> str:
    """The name of the ground of the column `permit`."""
    whens = " ".join(f"WHEN {number} THEN '{one.key}'" for number, one in enumerate(_in_order()))
    return f"CASE {permit} %% {MOST} {whens} END"


def consent_sql(permit: str) -> str:
    """The consent's id of the column `permit`, NULL where the ground is none."""
    return f"NULLIF({permit} / {MOST}, 0)"


def permit_of(permit: int) -> Permit:
    """What the number says."""
    return Permit(_in_order()[permit % MOST].key, permit // MOST or None)


def names(values: Sequence[str] | frozenset[str]) -> str:
    """Our own words as a list in SQL."""
    return ", ".join(f"'{one}'" for one in sorted(values))


# Art. 6 (1) (b) GDPR: what the customer's order or question needs, on any channel they gave us.
ground("contract", channels=Channel.values, purposes=[Purpose.SERVICE], order=10, permits="0")

# A given consent for this channel and purpose. One claimed without proof, or unconfirmed, permits nothing.
ground(
    "consent",
    channels=[Channel.EMAIL, Channel.SMS, Channel.PUSH, Channel.PHONE],
    purposes=[Purpose.MARKETING, Purpose.RESEARCH, Purpose.TRACKING],
    order=20,
    permits="""
        SELECT c.id FROM contact_policy_consent c
        WHERE c.shop_id = %(shop)s AND c.customer_id = asked.customer_id AND c.channel = asked.channel
            AND c.purpose = asked.purpose AND c.state = 'granted' AND c.given_at <= %(now)s
        ORDER BY c.given_at DESC, c.id DESC LIMIT 1
    """,
)

# § 7 (3) UWG: advertising by e-mail to existing customers without their consent, where all four conditions hold.
# 1. The address was given with a sale: a counted order since the day on which the shop began to tell buyers so.
# 2. It is used for the shop's own similar goods: a person said so of the measure.
# 3. The customer has not objected: no objection (asked before) and no withdrawal, by which every mail can be left.
# 4. At the sale and in each mail it is said clearly that they may object at any time: by the shop since that day, and by the
#    frame of every mail.
ground(
    "existing_customer",
    channels=[Channel.EMAIL],
    purposes=[Purpose.MARKETING],
    order=25,
    permits="""
        SELECT 0 FROM goals_measure m JOIN core_shop s ON s.id = m.shop_id
        WHERE m.id = asked.measure_id AND m.is_similar_goods AND s.existing_customers_since IS NOT NULL
            AND EXISTS (SELECT 1 FROM orders_order o WHERE o.customer_id = asked.customer_id AND o.is_counted
                AND o.placed_at >= s.existing_customers_since AND o.placed_at <= %(now)s)
            AND NOT EXISTS (SELECT 1 FROM contact_policy_consent c WHERE c.customer_id = asked.customer_id
                AND c.channel = asked.channel AND c.purpose = asked.purpose AND c.state = 'withdrawn')
    """,
)

# Art. 6 (1) (f) GDPR: advertising on paper, unless objected (the gate asks for objections before the ground).
ground(
    "legitimate_interest",
    channels=[Channel.LETTER, Channel.PARCEL_NOTE],
    purposes=[Purpose.MARKETING],
    order=30,
    permits="0",
)

# Art. 6 (1) (f) GDPR: what a customer who is signed in sees on the shop's own page. Nothing is sent (§ 7 UWG), nothing is kept
# on the device (§ 25 TDDDG). It ends by an objection (asked before), and for this channel alone by a click in the box.
ground(
    "own_page",
    channels=[Channel.ON_PAGE],
    purposes=[Purpose.MARKETING],
    order=32,
    permits="""
        SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM contact_policy_consent c WHERE c.shop_id = %(shop)s
            AND c.customer_id = asked.customer_id AND c.channel = asked.channel AND c.purpose = asked.purpose
            AND c.state = 'withdrawn')
    """,
)
