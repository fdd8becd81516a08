"""What the people of the shop do in its year: they start measures, send campaigns, hold gatherings, plan, send parcels.

Each deed has its day in a year of 365 days; a shorter play tells the same story faster. All of it goes through the actions
that stand behind the buttons.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from regulars.channels.parcel_note import actions as bench
from regulars.core.models import Shop
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.journeys.actions import launch
from regulars.journeys.before_start import NotReady
from regulars.journeys.calendar import actions as calendar
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.campaigns import actions as campaigns
from regulars.journeys.campaigns.audience import reach_of
from regulars.journeys.playbook import playbook_of
from regulars.know.orders.actions import ProductDraft, ShipmentDraft, upsert_products, upsert_shipments
from regulars.know.orders.models import Order
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.starting_points import Block, block
from regulars.reach.service_messages import actions as service_messages
from regulars.reward.gatherings import actions as gatherings
from regulars.reward.gatherings.models import Attendance, Gathering

from .people import catalogue

YEAR = 365
"""Days that the story is written for."""
MEASURES: Sequence[tuple[int, str, str, bool]] = (
    (0, "win_back", "0.4", True),
    (0, "birthday_gift", "0.2", False),
    (20, "welcome", "0.1", False),
    (20, "thank_you", "0.2", False),
    (45, "second_order", "0.3", False),
    (70, "abandoned_checkout", "0.2", False),
    (90, "review_request", "0.1", False),
    (110, "interest_newsletter", "0.2", True),
    (130, "new_in_your_interest", "0.2", False),
    (150, "lapsing_regular_call", "0.2", False),
    (160, "surprise_note", "0.2", False),
    (180, "first_order_anniversary", "0.5", False),
    (200, "event_invitation", "0.1", False),
)
"""Day, playbook, holdout, whether the present members of its segment are taken in. Records are not used up: the shop has no
use for `replenishment`, and the gallery says so.
"""
SERVICE_FROM = 305
"""The shop's own system told of orders until this day; then it was switched off there and on here."""

GENRES = sorted({record.genre for record in catalogue()})


@dataclass(frozen=True)
class Mailing:
    """A campaign: on which day, to which segment, the two subjects that are compared, and what it says."""

    day: int
    name: str
    segment: str
    subjects: tuple[str, str]
    german: str
    english: str


CAMPAIGNS = (
    Mailing(
        60,
        "Frühlingsplatten",
        "regulars",
        ("Sechs Platten für helle Abende", "Der Frühling auf Vinyl"),
        german="Die Abende werden länger, und wir haben aufgelegt, was dazu passt. Zwei Platten, die in Ihrem Genre gerade am "
        "liebsten mitgenommen werden, stehen hier.",
        english="The evenings grow longer, and we have played what goes with them. Here are two records that people who like "
        "your genre take home most.",
    ),
    Mailing(
        170,
        "Plattenflohmarkt",
        "new-customers",
        ("Kistenweise Fundstücke", "Am Samstag ist Flohmarkt"),
        german="Am Samstag räumen wir das Lager auf: Einzelstücke, Zweitpressungen, Kisten zum Wühlen. Wer nicht in Hamburg "
        "ist, findet hier, was sonst gerade gern gehört wird.",
        english="On Saturday we clear out the storeroom: single copies, second pressings, crates to dig through. If you are "
        "not in Hamburg, here is what others like to hear just now.",
    ),
    Mailing(
        290,
        "Herbstneuheiten",
        "regulars",
        ("Was sich im Herbst dreht", "Neu im Regal"),
        german="Der Herbst bringt die meisten neuen Platten des Jahres. Wir haben sie gehört und sagen ehrlich, welche wir "
        "behalten hätten.",
        english="Autumn brings most of the year's new records. We have heard them, and say honestly which ones we would have "
        "kept.",
    ),
)
EVENINGS = (105, 225, 345)
"""Days on which an evening is announced; it takes place 25 days later. The last one is still to come at the end."""
PLACES, INVITED, NOTICE = 40, 160, 25
BY_THE_SHOP = frozenset({"thank_you", "review_request", "interest_newsletter", "new_in_your_interest"})
"""Playbooks that the shop sets to another hour, and to its regulars."""
HOUR = 9
NEW_RECORDS_EVERY, NEW_RECORDS = 30, 3
CALLS_A_DAY, REACHED, ANSWERS_A_DAY = 4, 0.7, 4
SHIPS_AFTER, ARRIVES_AFTER = timedelta(days=1), timedelta(days=3)


@dataclass
class Story:
    """The shop's side of a play of so many `days`."""

    shop: Shop
    draw: random.Random
    days: int
    shipped_until: datetime | None = None

    def on(self, day: int, now: datetime) -> None:
        """Does what is due on this day of the play."""
        if day == 0:
            self._plan(now)
        for due, key, holdout, takes_present in MEASURES:
            if self._day(due) == day:
                self._start(key, holdout, takes_present, now)
        if self._day(SERVICE_FROM) == day:
            for kind in ("ordered", "shipped", "delivered"):
                service_messages.switch(self.shop, kind, True, now)
        for mailing in CAMPAIGNS:
            if self._day(mailing.day) == day:
                self._send(mailing, now)
        for number, due in enumerate(EVENINGS):
            if self._day(due) == day:
                self._announce(number, now)
            elif self._day(due) + self.notice == day:
                self._hold(now)
        if day and day % max(1, self._day(NEW_RECORDS_EVERY)) == 0:
            self._put_on_the_shelf(now)
        self._answer(now)
        self._call(now)
        self._ship(now)

    def _day(self, of_year: int) -> int:
        """The day of this play on which something of that day of the year is done."""
        return of_year * self.days // YEAR

    @property
    def notice(self) -> int:
        """Days between the announcement of an evening and the evening."""
        return max(1, self._day(NOTICE))

    # --- measures and campaigns

    def _start(self, key: str, holdout: str, takes_present: bool, now: datetime) -> None:
        # The play comes by at half past ten: what is sent by the clock goes out before.
        own = {"hour": HOUR, "segment": "regulars"}
        chosen = {one.key: own[one.key] for one in playbook_of(key).settings if key in BY_THE_SHOP and one.key in own}
        share = Decimal(holdout)
        try:
            launch(self.shop, key, chosen, now, holdout_share=share, take_present=takes_present)
        except NotReady as asks:  # nearly everybody would be written to: the shop says that it means it
            launch(self.shop, key, chosen, now, holdout_share=share, take_present=takes_present, agreed=asks.people)

    def _send(self, mailing: Mailing, now: datetime) -> None:
        drafts = {
            locale: (mailing.subjects[0], "", _mail(locale, mailing.name, text))
            for locale, text in (("de", mailing.german), ("en", mailing.english))
        }
        template = messaging.begin_template(self.shop, mailing.name, drafts, now)
        messaging.publish_template(self.shop, template, now)
        values = {
            "name": mailing.name, "goal": "hold", "kpi": "returning_share", "holdout_share": Decimal("0.2"),
            "tests": "subject", "segment": Segment.objects.get(key=mailing.segment),
        }  # fmt: skip
        arms = [campaigns.ArmDraft(template, {"de": subject}) for subject in mailing.subjects]
        draft = campaigns.save(self.shop, values, arms, now)
        campaigns.launch(draft, now, agreed=reach_of(draft, now).allowed)

    def _put_on_the_shelf(self, now: datetime) -> None:
        """A few new records of one genre, under the names of the catalogue's next edition."""
        genre = self.draw.choice(GENRES)
        drafts = [
            ProductDraft(f"NEU-{now:%y%m%d}-{number}", title=title, category=genre, price=2490, stock=20)
            for number, title in enumerate(self.draw.sample([one.title for one in catalogue()], NEW_RECORDS), 1)
        ]
        upsert_products(self.shop, drafts, now=now, source="demo", is_history=False)

    # --- planning

    def _plan(self, now: datetime) -> None:
        """What stands in the calendar by hand: a year of regular dates and a few special ones."""
        for title, kind, day, hour, length, announced, rule in (
            ("Newsletter nach Genre", CalendarEntry.Kind.MAILING, 1, 10, 1, None, "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("Anrufe bei Stammkunden", CalendarEntry.Kind.CALL, 2, 15, 2, None, "FREQ=WEEKLY;BYDAY=TH"),
            ("Webinar: Platten pflegen", CalendarEntry.Kind.WEBINAR, 80, 19, 1, 14, ""),
            ("Plattenflohmarkt im Laden", CalendarEntry.Kind.PROMOTION, 172, 11, 6, 2, ""),
            ("Webinar: Die erste Anlage", CalendarEntry.Kind.WEBINAR, 378, 19, 1, 14, ""),
            ("Winteraktion: zwei für eine", CalendarEntry.Kind.PROMOTION, 385, 10, 8, 7, ""),
        ):
            begins = self._at(now, self._day(day), hour)
            values: dict[str, Any] = {
                "title": title, "kind": kind, "begins_at": begins, "ends_at": begins + timedelta(hours=length),
                "announced_at": begins - timedelta(days=announced) if announced else None, "recurrence": rule,
            }  # fmt: skip
            calendar.add(self.shop, values, now)

    def _at(self, now: datetime, days: int, hour: int) -> datetime:
        local = now.astimezone(ZoneInfo(self.shop.timezone)) + timedelta(days=days)
        return local.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)

    # --- gatherings

    def _announce(self, number: int, now: datetime) -> None:
        begins = self._at(now, self.notice, 19)
        evening = gatherings.create(
            self.shop,
            now=now,
            kind=Gathering.Kind.MEET_UP,
            titles={"de": f"Plattenabend {number + 1}", "en": f"Record night {number + 1}"},
            texts={
                "de": "Jede und jeder bringt eine Platte mit und erzählt, warum gerade diese. Wir haben Plattenspieler, "
                "Sofas und etwas zu trinken.",
                "en": "Everybody brings one record and tells why this one. We have turntables, sofas and something to drink.",
            },
            place="Plattenkiste, Rillenweg 33, Hamburg",
            starts_at=begins,
            ends_at=begins + timedelta(hours=4),
            capacity=PLACES,
            guests_each=1,
        )
        gatherings.open_up(self.shop, evening.pk, now=now)
        members = SegmentMember.objects.filter(segment__key="regulars").values_list("customer_id", flat=True)
        ids = sorted(members)
        gatherings.invite(self.shop, evening.pk, self.draw.sample(ids, min(INVITED, len(ids))), now)

    def _answer(self, now: datetime) -> None:
        """A few of those invited make up their minds each day, most of them never."""
        for evening in Gathering.objects.filter(status=Gathering.Status.OPEN, starts_at__gt=now):
            invited = Attendance.objects.filter(gathering=evening, status=Attendance.Status.INVITED).order_by("pk")
            ids = list(invited.values_list("customer_id", flat=True))
            said = [
                gatherings.Answer(customer_id, says, guests=self.draw.random() < 0.3 and says == "yes")
                for customer_id in self.draw.sample(ids, min(ANSWERS_A_DAY, len(ids)))
                for says in ["yes" if self.draw.random() < 0.6 else "no"]
            ]
            if said:
                gatherings.answer(self.shop, evening.pk, said, now)

    def _hold(self, now: datetime) -> None:
        """Nine of ten who said yes come."""
        evening = Gathering.objects.filter(starts_at__gt=now).order_by("starts_at").first()
        if evening is None:
            return
        at = evening.starts_at - timedelta(minutes=10)
        coming = Attendance.objects.filter(gathering=evening, status=Attendance.Status.YES)
        arrivals = [
            gatherings.Arrival(at, f"door:{pk}", attendance_id=pk)
            for pk in coming.values_list("pk", flat=True)
            if self.draw.random() < 0.9
        ]
        gatherings.check_in(self.shop, evening.pk, arrivals, at)

    # --- calls

    def _call(self, now: datetime) -> None:
        """A few calls a day: most are reached, some are tried again two days later."""
        taken = messaging.take_by_hand(self.shop, "phone", now, None, limit=CALLS_A_DAY)
        outcomes = {call.pk: self._call_outcome(call.pk, now) for call in taken}
        if taken:
            messaging.settle_by_hand(self.shop, taken, outcomes, now, None)

    def _call_outcome(self, call: int, now: datetime) -> Outcome:
        if self.draw.random() < REACHED:
            return Outcome(call, State.ACCEPTED)
        return Outcome(call, State.DEFERRED, again_at=now + timedelta(hours=4))

    # --- parcels

    def _ship(self, now: datetime) -> None:
        """Parcels leave the day after the order and arrive two days later; only what was ordered in the play."""
        since = self.shipped_until or now
        self.shipped_until = now
        gone = Order.objects.filter(placed_at__gt=since - SHIPS_AFTER, placed_at__lte=now - SHIPS_AFTER)
        there = Order.objects.filter(placed_at__gt=since - ARRIVES_AFTER, placed_at__lte=now - ARRIVES_AFTER)
        drafts = {
            number: self._parcel(number, placed, None) for number, placed in gone.values_list("number", "placed_at")
        }
        drafts |= {
            number: self._parcel(number, placed, placed + ARRIVES_AFTER)
            for number, placed in there.values_list("number", "placed_at")
        }
        for number, _placed in gone.values_list("number", "placed_at"):
            self._pack(number, now)
        played = [draft for number, draft in drafts.items() if number.startswith("P")]
        if played:
            upsert_shipments(self.shop, played, now=now, source="demo", is_history=False)

    def _pack(self, order: str, now: datetime) -> None:
        """At the bench each parcel is scanned; whoever packs writes the note that it may have."""
        said = bench.scan(self.shop, order, now, None)
        if said.state == "note":
            bench.tick(self.shop, bench.Tick(f"pack:{order}", said.message, said.token), now, None)

    def _parcel(self, order: str, placed: datetime, delivered: datetime | None) -> ShipmentDraft:
        return ShipmentDraft(
            number=f"{order}-1",
            order_number=order,
            shipped_at=placed + SHIPS_AFTER,
            promised_on=(placed + timedelta(days=4)).date(),
            delivered_at=delivered,
            carrier="DHL",
            tracking_code=f"00340434{order[1:]:0>12}",
            version=(delivered or placed).isoformat(),
        )


def _mail(locale: str, head: str, text: str) -> list[Block]:
    """A newsletter as the shop writes it: some lines, two records of the customer's genre, a way to the shop."""
    hello, tips, look, reason = {
        "de": ('Hallo {{ customer.first_name | default("und guten Tag") }},', "Gerade beliebt", "Zum Laden",
               "Sie bekommen diese E-Mail, weil Sie unseren Neuigkeiten zugestimmt haben."),
        "en": ('Hello {{ customer.first_name | default("there") }},', "Liked just now", "To the shop",
               "You get this e-mail because you agreed to hear from us."),
    }[locale]  # fmt: skip
    return [
        block("heading", text=head),
        block("text", text=f"{hello}\n\n{text}"),
        block("bestsellers", heading=tips, count="2", label=look),
        block("button", label=look, address="{{ shop.url }}", align="center"),
        block("footer", reason=reason),
    ]
