"""The played days: made-up people buy, read, click and unsubscribe, and the real engine does its work.

Twice a day the clock is set, what people did since is told to the records through the same actions and addresses that a
shop and its customers use, and every sweep that is due runs. Nothing is written past the engine.
"""

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.channels.smtp.sink import Store
from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.core.sweeps import SWEEPS
from regulars.core.timetable import run_due, write_timetable
from regulars.decide.contact_policy.actions import grant_consents
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.actions import tell_true_effect
from regulars.decide.goals.models import Measure
from regulars.know.customers.actions import upsert_customers
from regulars.know.customers.models import Customer
from regulars.know.orders.actions import CheckoutDraft, LineDraft, OrderDraft, upsert_checkouts, upsert_orders
from regulars.reach.messaging.models import Message
from regulars.reward.offers import actions as offers
from regulars.reward.offers.models import Voucher

from . import mailbox
from .behaviour import Past, Purchase, Rates, answer, purchase, purchases_of, response_to
from .people import Person, person
from .purchases import Shelves
from .shop import consents, customer_draft
from .story import Story

MORNING, EVENING = timedelta(hours=10, minutes=30), timedelta(hours=19, minutes=30)
IDLE = {
    MORNING: ("core.", "files.", "insights.", "messaging.lost", "segments."),
    EVENING: ("contact_policy.", "files.", "insights.", "journeys.", "messaging."),
}
"""Sweeps that have nothing to do then: nobody uploads a file, and no worker is lost. In the morning birthdays are looked
for, what the evening before brought is followed up, and mail goes out; in the evening, before the quiet hours, the day's
purchases change profiles and segments. Figures (`insights.`) think once, at the end of the play, instead of each of its
nights.
"""
EVENING_EVERY = 10
"""Days between two evenings: who entered and left segments every tenth day is enough for the story of a year."""
LEFT_A_DAY = 3
"""Checkouts that are begun and left, by people who bought lately."""
NEW_A_DAY = 7
"""First-time buyers a day, all made up."""
USES_VOUCHER_ANYHOW = 0.5
"""Share of those who would have bought anyhow and use a voucher they hold: money given to people who need no nudge."""


@dataclass(order=True)
class Deed:
    """Something a person will do at a moment."""

    at: datetime
    number: int
    do: Callable[[datetime], None] = field(compare=False)


@dataclass
class Told:
    """What the play knows of one measure and nobody else can know."""

    caused: dict[str, tuple[int, int]] = field(default_factory=dict)
    given_away: dict[str, int] = field(default_factory=dict)
    first_mail: set[int] = field(default_factory=set)


class Play:
    """One play. `anyhow`: what people buy without any mail; `past`: the customers it is drawn for; `rates`: how newcomers
    come to buy again.
    """

    def __init__(
        self,
        shop: Shop,
        store: Store,
        application: Any,
        first_day: date,
        days: int,
        past: Iterable[Past],
        anyhow: Iterable[Purchase],
        rates: Rates,
        seed: int = 1,
    ) -> None:
        self.shop, self.store, self.application = shop, store, application
        self.first_day, self.days = first_day, days
        self.past = {one.number: one for one in past}
        self.anyhow: dict[int, list[Purchase]] = defaultdict(list)
        for one in anyhow:
            self.anyhow[one.day].append(one)
        self.rates = rates
        self.draw = random.Random(seed)
        self.shelves = Shelves()
        self.deeds: list[Deed] = []
        self.waiting: list[OrderDraft] = []
        self.joining: list[tuple[Person, datetime]] = []
        self.bought_anyhow: dict[str, list[int]] = defaultdict(list)
        self.told: dict[str, Told] = defaultdict(Told)
        self.last_mail = 0
        self.orders = 0
        self.newcomers = 0
        self.shown: set[str] = set()
        self.left: list[tuple[str, datetime]] = []
        self.lately: deque[str] = deque(maxlen=600)
        self.story = Story(shop, random.Random(seed + 1), days)
        self.now = self.moment(0, timedelta(0))

    def moment(self, day: int, at: timedelta) -> datetime:
        """`at` on the clock of the shop on a day of the play."""
        zone = ZoneInfo(self.shop.timezone)
        local = datetime.combine(self.first_day + timedelta(days=day), datetime.min.time(), tzinfo=zone)
        return (local + at).astimezone(UTC)

    def run(self, done: Callable[[float], None]) -> None:
        """Plays all days; `done` is told the days so far."""
        with scope(shop=self.shop):
            for day in range(self.days):
                self._decide_to_buy(day)
                for at, idle in IDLE.items():
                    if at == MORNING or day % EVENING_EVERY == 0:
                        self._tick(day, at, {key for key in SWEEPS if key.startswith(idle)})
                done(day + 1)
            self._tell()

    def _tick(self, day: int, at: timedelta, skip: set[str]) -> None:
        self.now = now = self.moment(day, at)
        with clock.pretending(now):
            self._do_deeds(now)
            if at == MORNING:
                self.story.on(day, now)
            write_timetable(now)
            run_due(now, only_shop=self.shop, skip=skip)
            self._read_mail(now)

    # --- buying

    def _decide_to_buy(self, day: int) -> None:
        for one in self.anyhow[day]:
            self.bought_anyhow[one.number].append(day)
            self._plan(day, lambda at, one=one: self._buy(one, at, None))  # type: ignore[misc]
        for _newcomer in range(NEW_A_DAY):
            self.newcomers += 1
            past = Past(f"N{self.newcomers:05d}", 0, 0.0, 0.0, 1.0, 1500 + self.draw.randrange(3000))
            self.past[past.number] = past
            one = purchase(past, day, self.draw)
            for again in purchases_of(past, self.rates, self.days - day - 1, self.draw):
                self.anyhow[day + 1 + again.day].append(again)
            self._plan(day, lambda at, one=one: self._join(one, at))  # type: ignore[misc]

        for number in self.draw.sample(self.lately, min(LEFT_A_DAY, len(self.lately))):
            self._plan(day, lambda at, number=number: self.left.append((number, at)))  # type: ignore[misc]

    def _plan(self, day: int, do: Callable[[datetime], None]) -> None:
        at = self.moment(day, timedelta(hours=7) + timedelta(hours=12) * self.draw.random())
        self._later(at, do)

    def _later(self, at: datetime, do: Callable[[datetime], None]) -> None:
        heapq.heappush(self.deeds, Deed(at, len(self.deeds) + self.draw.randrange(1 << 40), do))

    def _do_deeds(self, now: datetime) -> None:
        while self.deeds and self.deeds[0].at <= now:
            deed = heapq.heappop(self.deeds)
            with clock.pretending(deed.at):
                deed.do(deed.at)
        if self.joining:
            drafts = [customer_draft(who, at) for who, at in self.joining]
            ids = upsert_customers(self.shop, drafts, now=now, source="demo", is_history=False).ids
            agreed = [one for who, at in self.joining for one in consents(who, ids[who.number], at)]
            grant_consents(self.shop, agreed, now=now, source="demo")
            self.joining.clear()
        if self.left:
            self._leave(now)
        if self.waiting:
            upsert_orders(self.shop, self.waiting, now=now, source="demo", is_history=False)
            self.waiting.clear()

    def _leave(self, now: datetime) -> None:
        """Some put records into the basket, begin to check out, and go."""
        numbers = {number for number, _at in self.left}
        ids = dict(Customer.objects.filter(number__in=numbers).values_list("number", "pk"))
        drafts = [
            CheckoutDraft(
                token=f"C{number}-{at:%Y%m%d%H%M%S}",
                started_at=at,
                active_at=at,
                lines=[LineDraft(*line) for line in self.shelves.lines(number, f"left {at:%Y%m%d}", 2498, 2)],
                customer_id=ids[number],
            )
            for number, at in self.left
        ]
        upsert_checkouts(self.shop, drafts, now=now, source="demo", is_history=False)
        self.left.clear()

    def _join(self, one: Purchase, at: datetime) -> None:
        """A first-time buyer: made known, perhaps with consent, and their order."""
        self.joining.append((person(one.number), at))
        self._buy(one, at, None)

    def _buy(self, one: Purchase, at: datetime, measure: str | None) -> None:
        """An order, with the voucher the person holds: always when a mail caused it, else as often as told above."""
        self.orders += 1
        self.lately.append(one.number)
        number = f"P{self.orders:06d}"
        value, code = one.value, ""
        voucher = self._open_voucher(one.number, at)
        if voucher is not None and one.value < voucher.minimum_value and measure is not None:
            value = voucher.minimum_value + 99
        if voucher is not None and (measure is not None or self.draw.random() < USES_VOUCHER_ANYHOW):
            code = self._redeem(voucher, number, value, at)
        discount = self._discount(code, value)
        if measure is not None:
            self.told[measure].caused[one.number] = (self._day(at), value - discount)
        elif code and voucher is not None and voucher.measure is not None:
            self.told[voucher.measure.key].given_away[one.number] = discount
        draft = OrderDraft(
            number=number,
            placed_at=at,
            lines=[LineDraft(*line) for line in self.shelves.lines(one.number, number, value, one.units, discount)],
            customer_number=one.number,
            currency=self.shop.currency,
            voucher_code=code,
        )
        self.waiting.append(draft)

    def _open_voucher(self, number: str, at: datetime) -> Voucher | None:
        """A live voucher that a mail has shown to the person."""
        if number not in self.shown:
            return None
        found: Voucher | None = (
            Voucher.objects.select_related("offer", "measure")
            .filter(customer__number=number, uses=0, cancelled_at=None, valid_until__gt=at)
            .order_by("issued_at")
            .first()
        )
        return found

    def _redeem(self, voucher: Voucher, order: str, value: int, at: datetime) -> str:
        try:
            offers.redeem(
                self.shop, voucher.code, idempotency_key=f"order:{order}", now=at, order_number=order, order_value=value
            )
        except Refused:
            return ""
        return voucher.code

    def _discount(self, code: str, value: int) -> int:
        if not code:
            return 0
        voucher = Voucher.objects.select_related("offer").get(code=code)
        return offers.discount_on(voucher.offer, value) or 0

    def _day(self, at: datetime) -> int:
        return (at.astimezone(ZoneInfo(self.shop.timezone)).date() - self.first_day).days

    # --- reading

    def _read_mail(self, now: datetime) -> None:
        """Everybody who got a mail decides what to do about it."""
        mails = list(mailbox.new_mails(self.store, self.last_mail))
        if not mails:
            return
        self.last_mail = mails[-1][0]
        ids = [f"<{mail.message_id}>" for _number, mail in mails] + [mail.message_id for _number, mail in mails]
        known = {
            message.message_id.strip("<>"): message
            for message in Message.objects.select_related("customer", "measure").filter(message_id__in=ids)
        }
        for _number, mail in mails:
            message = known.get(mail.message_id)
            if message is not None and message.measure is not None:
                self._react(mail, message, now)

    def _react(self, mail: mailbox.Mail, message: Message, now: datetime) -> None:
        measure = message.measure
        assert measure is not None
        number = message.customer.number
        self.shown.add(number)
        told = self.told[measure.key]
        is_first = message.customer_id not in told.first_mail
        told.first_mail.add(message.customer_id)
        response = response_to(measure.key)
        what = answer(response, message.may_track, self.draw, is_first=is_first)
        if what.opens_after is not None and mail.picture:
            self._later(now + timedelta(days=what.opens_after), lambda at: self._ask("GET", mail.picture))
        if what.clicks_after is not None and mail.click:
            self._later(now + timedelta(days=what.clicks_after), lambda at: self._ask("GET", mail.click))
        if what.unsubscribes_after is not None and mail.unsubscribe:
            body = b"List-Unsubscribe=One-Click"
            self._later(
                now + timedelta(days=what.unsubscribes_after), lambda at: self._ask("POST", mail.unsubscribe, body)
            )
        if what.buys_after is not None:
            day = self._day(now) + what.buys_after
            one = purchase(self.past[number], day, self.draw)
            key = measure.key
            self._plan(day, lambda at: self._buy(one, at, key))

    def _ask(self, method: str, url: str, body: bytes = b"") -> None:
        status = mailbox.ask(self.application, method, url, body)
        assert status < 400, f"{method} {_nameless(url)}: {status}"

    # --- telling

    def _tell(self) -> None:
        """Writes down the true effect of each measure: what its mails caused, by the same rules as the estimate."""
        for measure in Measure.objects.filter(key__in=list(self.told)):
            tell_true_effect(measure, self._truth(measure), now=self.now)

    def _truth(self, measure: Measure) -> dict[str, Any]:
        told = self.told[measure.key]
        window = timedelta(days=measure.outcome_days)
        rows = Assignment.objects.filter(measure=measure, arm="treated", assigned_at__lte=self.now - window)
        treated = list(rows.values_list("customer__number", "assigned_at"))
        more_buyers, more_revenue = 0, 0
        for number, at in treated:
            first, last = self._day(at), self._day(at + window)
            bought = any(first <= day < last for day in self.bought_anyhow.get(number, ()))
            day, value = told.caused.get(number, (-1, 0))
            if first <= day < last:
                more_revenue += value
                more_buyers += not bought
            more_revenue -= told.given_away.get(number, 0)
        count = len(treated)
        return {
            "customers": count,
            "ordered": more_buyers / count if count else None,
            "revenue": more_revenue / count if count else None,
            "chance_per_mail": response_to(measure.key).buys,
        }


def _nameless(url: str) -> str:
    """An address without what is personal in it, for messages."""
    return url.split("://", 1)[-1].split("/", 1)[-1][:4] + "…"
