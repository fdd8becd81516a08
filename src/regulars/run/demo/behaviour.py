"""How the made-up people behave in the played days: what they would buy anyhow, and how they answer a mail.

What they would buy anyhow follows BG/NBD with the parameters fitted on the real purchases (Fader, Hardie, Lee 2005): each
customer draws whether they are still there, their own rate, and after each purchase whether they leave. How they answer
is built in below; the effect's page tells it beside the estimate.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Past:
    """A customer at the start of the play. Times in weeks; basket: mean value of an order in minor units."""

    number: str
    x: int
    t_x: float
    T: float
    p_alive: float
    basket: int


@dataclass(frozen=True)
class Rates:
    """BG/NBD parameters, named as in the paper."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Purchase:
    """A purchase on a day of the play (0 is the first); value in minor units, units of records."""

    number: str
    day: int
    value: int
    units: int


@dataclass(frozen=True)
class Answer:
    """What a person does about one mail; days after it, None: not at all."""

    opens_after: float | None
    clicks_after: float | None
    unsubscribes_after: float | None
    buys_after: int | None


@dataclass(frozen=True)
class Response:
    """How people answer the mails of a measure. buys: the chance that a delivered first mail causes a purchase that would
    not have happened: the true effect that is built in.
    """

    opens: float
    clicks: float
    unsubscribes: float
    buys: float


RESPONSES = {
    "win_back": Response(opens=0.38, clicks=0.35, unsubscribes=0.012, buys=0.11),
    "birthday_gift": Response(opens=0.55, clicks=0.40, unsubscribes=0.004, buys=0.07),
    "first_order_anniversary": Response(opens=0.42, clicks=0.30, unsubscribes=0.006, buys=0.04),
    "second_order": Response(opens=0.45, clicks=0.30, unsubscribes=0.010, buys=0.09),
    "welcome": Response(opens=0.60, clicks=0.35, unsubscribes=0.005, buys=0.05),
    "thank_you": Response(opens=0.58, clicks=0.12, unsubscribes=0.003, buys=0.01),
    "abandoned_checkout": Response(opens=0.52, clicks=0.40, unsubscribes=0.008, buys=0.13),
    "interest_newsletter": Response(opens=0.33, clicks=0.22, unsubscribes=0.006, buys=0.015),
    "new_in_your_interest": Response(opens=0.40, clicks=0.30, unsubscribes=0.006, buys=0.03),
    "surprise_note": Response(opens=0.0, clicks=0.0, unsubscribes=0.0, buys=0.06),
    "lapsing_regular_call": Response(opens=0.0, clicks=0.0, unsubscribes=0.0, buys=0.15),
    "event_invitation": Response(opens=0.50, clicks=0.30, unsubscribes=0.004, buys=0.02),
}
OTHERWISE = Response(opens=0.34, clicks=0.20, unsubscribes=0.005, buys=0.01)
"""Any other measure, such as a campaign."""
WITHIN_DAYS = 14
"""Who buys because of a mail does so within this many days."""


def response_to(measure: str) -> Response:
    """How people answer the measure of this key."""
    return RESPONSES.get(measure.replace("-", "_"), OTHERWISE)


def purchases_anyhow(people: Sequence[Past], rates: Rates, days: int, seed: int) -> list[Purchase]:
    """What everybody would buy in `days` days without any mail, ordered by day."""
    draw = random.Random(seed)
    found = [one for person in people for one in purchases_of(person, rates, days, draw)]
    return sorted(found, key=lambda one: (one.day, one.number))


def purchases_of(person: Past, rates: Rates, days: int, draw: random.Random) -> list[Purchase]:
    """What one person would buy in `days` days without any mail, in their order."""
    if draw.random() >= person.p_alive:
        return []
    rate = draw.gammavariate(rates.r + person.x, 1 / (rates.alpha + person.T))
    leaves = draw.betavariate(rates.a, rates.b + person.x)
    made: list[Purchase] = []
    at = draw.expovariate(rate) if rate > 0 else float("inf")
    while at * 7 < days:
        made.append(purchase(person, int(at * 7), draw))
        if draw.random() < leaves:
            break
        at += draw.expovariate(rate)
    return made


def purchase(person: Past, day: int, draw: random.Random) -> Purchase:
    """One purchase of a person: around their usual basket, never under 5.99."""
    value = max(599, int(person.basket * draw.lognormvariate(-0.08, 0.4)) // 100 * 100 + 99)
    return Purchase(person.number, day, value, max(1, round(value / 1500)))


def answer(response: Response, may_track: bool, draw: random.Random, *, is_first: bool) -> Answer:
    """What a person does about a mail. Opens are seen only of those who allow it; a reminder causes nothing further."""
    opens = draw.random() < response.opens
    clicks = opens and draw.random() < response.clicks
    leaves = draw.random() < response.unsubscribes
    buys = is_first and draw.random() < response.buys
    hours = draw.expovariate(1 / 9.0)
    return Answer(
        opens_after=hours / 24 if opens and may_track else None,
        clicks_after=(hours + 0.1) / 24 if clicks else None,
        unsubscribes_after=(hours + 0.2) / 24 if leaves else None,
        buys_after=1 + int(WITHIN_DAYS * draw.random() ** 2) if buys else None,
    )
