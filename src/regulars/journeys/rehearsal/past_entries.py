"""When a trigger would have taken customers in, for each kind of trigger, from what is on record of the past."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from regulars.core.clock import birthday_in
from regulars.core.models import Shop
from regulars.decide.segments import rules
from regulars.decide.segments.event_types import SEGMENT_ENTERED, SEGMENT_LEFT
from regulars.decide.segments.fields import FIELDS
from regulars.decide.segments.models import CustomerProfile, Segment
from regulars.decide.segments.ready_made import READY_MADE
from regulars.journeys import data_rules
from regulars.journeys.interest import UNWISHED, VIEWED, WISHED, sku_of
from regulars.journeys.kinds import trigger_kinds
from regulars.journeys.local_time import at_hour, zone_of
from regulars.journeys.triggers.customer_date import BIRTHDAY
from regulars.journeys.triggers.schedule import is_due
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order
from regulars.know.timeline.models import Event

from .past_segments import PastRule, asks_today, lives, untold

Note = dict[str, Any]
"""words: an untranslated text with places to fill. fields: place → keys of the profile fields that are named there."""

Found = dict[int, list[tuple[datetime, str]]]
"""Customer → moments at which they stood at the door, each with its entry key, in their order."""


@dataclass
class Past:
    """What a rehearsal asks: a trigger, for a shop, from `since` up to `until`. notes: what `note` kept."""

    shop: Shop
    trigger: Mapping[str, Any]
    since: datetime
    until: datetime
    notes: list[Note] = field(default_factory=list)

    def note(self, words: str, **fields: list[str]) -> None:
        """Says something that the reader has to know of the figures, once. fields: keys of profile fields to be named in it.

        Kept untranslated: whoever reads it reads it in their language.
        """
        said: Note = {"words": words, "fields": fields}
        if said not in self.notes:
            self.notes.append(said)


def note_text(note: Note) -> str:
    """A note in the language of its reader."""
    named = {
        name: ", ".join(str(FIELDS[key].title) if key in FIELDS else key for key in keys)
        for name, keys in note["fields"].items()
    }
    words: str = note["words"]
    return _(words) % named if named else _(words)


def entries(past: Past, people: Mapping[int, str]) -> Found:
    """Who of these customers (id → name of the zone) would have come to the door, and when. A constant number of queries."""
    kind = str(past.trigger["kind"])
    found = WAYS[kind](past, people) if kind in WAYS else {}
    if kind not in WAYS:
        past.note(gettext_noop("Nobody can tell whom this trigger would have named in the past."))
    for moments in found.values():
        moments.sort()
    return {pk: moments for pk, moments in found.items() if moments}


def _profile(past: Past, found: Found) -> Found:
    """Only those whose profile fits the trigger's rule, as it is today."""
    rule = past.trigger.get("profile")
    if not rule or not found:
        return found
    past.note(gettext_noop("The condition on the profile was asked of the profiles as they are today."))
    fits = rules.queryset(past.shop, rule, past.until).filter(customer_id__among=set(found))
    inside = set(fits.values_list("customer_id", flat=True))
    return {pk: moments for pk, moments in found.items() if pk in inside}


def _events(past: Past, people: Collection[int], *types: str, since: datetime | None = None) -> Any:
    return Event._base_manager.filter(
        shop=past.shop, customer_id__among=set(people), type__in=types, at__gte=since or past.since, at__lt=past.until
    ).order_by("at", "pk")


def _happened(past: Past, people: Mapping[int, str]) -> Found:
    found: Found = defaultdict(list)
    rows = _events(past, people, past.trigger["type"])
    where = past.trigger.get("where")
    if where:
        for pk, customer_id, at, data in rows.values_list("pk", "customer_id", "at", "data"):
            if data_rules.holds(where, data):
                found[customer_id].append((at, f"event:{pk}"))
    else:
        for pk, customer_id, at in rows.values_list("pk", "customer_id", "at"):
            found[customer_id].append((at, f"event:{pk}"))
    return _profile(past, found)


def _days(past: Past) -> Iterator[date]:
    day, last = past.since.date() - timedelta(days=1), past.until.date() + timedelta(days=1)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _on_days(past: Past, day: date, zone: str) -> datetime | None:
    """The moment on a day at which the trigger looks, if it lies in the time that is rehearsed."""
    at = at_hour(day, zone_of(zone, past.shop), past.trigger["hour"])
    return at if past.since <= at < past.until else None


def _date(past: Past, people: Mapping[int, str]) -> Found:
    trigger, found = past.trigger, defaultdict(list)
    shift = timedelta(days=trigger.get("after_days", 0) - trigger.get("before_days", 0))
    years = range(past.since.year - 1, past.until.year + 2)
    if trigger["date"] == BIRTHDAY:
        born = Customer._base_manager.filter(pk__among=set(people), birthday_day__isnull=False)
        for pk, month, day in born.values_list("pk", "birthday_month", "birthday_day"):
            for year in years:
                target = birthday_in(year, month or 1, day or 1)
                if at := _on_days(past, target + shift, people[pk]):
                    found[pk].append((at, f"{BIRTHDAY}:{target.year}"))
        return _profile(past, found)
    name = trigger["date"]
    for pk, moments in _dates(past, people, name).items():
        zone = zone_of(people[pk], past.shop)
        local = [one.astimezone(zone).date() for one in moments]
        for place, origin in enumerate(local):
            replaced = local[place + 1] if place + 1 < len(local) else None
            targets = [origin]
            if trigger.get("yearly"):
                targets = [birthday_in(year, origin.month, origin.day) for year in years if year > origin.year]
            for target in targets:
                at = _on_days(past, target + shift, people[pk])
                # A later order, return or contact takes the place of the date before its day has come.
                if at and (replaced is None or at.astimezone(zone).date() < replaced):
                    key = f"{name}:{target.year if trigger.get('yearly') else target.isoformat()}"
                    found[pk].append((at, key))
    return _profile(past, found)


def _dates(past: Past, people: Mapping[int, str], name: str) -> dict[int, list[datetime]]:
    """The values that a date of the profile has had, by customer, in their order."""
    found: dict[int, list[datetime]] = defaultdict(list)
    if name in ("first_order_at", "second_order_at", "last_order_at"):
        orders = Order._base_manager.filter(
            shop=past.shop, customer_id__among=set(people), is_counted=True, placed_at__lt=past.until
        ).order_by("placed_at")
        for pk, placed_at in orders.values_list("customer_id", "placed_at"):
            found[pk].append(placed_at)
        place = {"first_order_at": 0, "second_order_at": 1}.get(name)
        if place is not None:
            return {pk: moments[place : place + 1] for pk, moments in found.items() if len(moments) > place}
        return found
    if name != "known_since":
        past.note(gettext_noop("Of “%(date)s” only the latest is on record."), date=[name])
    rows = CustomerProfile._base_manager.filter(customer_id__among=set(people), **{f"{name}__isnull": False})
    return {pk: [moment] for pk, moment in rows.values_list("customer_id", name)}


def _rule_of(past: Past) -> tuple[Any, Segment | None]:
    key = past.trigger["segment"]
    segment = Segment._base_manager.filter(shop=past.shop, key=key).first()
    ready = next((one.rule for one in READY_MADE if one.key == key), None)
    return (segment.rule if segment else ready), segment


def _spans(past: Past, people: Mapping[int, str]) -> dict[int, list[tuple[datetime, datetime]]] | None:
    """When customers were in the trigger's segment, worked out from their orders; None where that cannot be told."""
    rule, _segment = _rule_of(past)
    if rule is None:
        past.note(gettext_noop("The segment is not there: nobody would have come in."))
        return {}
    if missing := untold(rule):
        past.note(gettext_noop("Who was in the segment in the past cannot be told from: %(names)s."), names=missing)
        return None
    if asks_today(rule):
        past.note(gettext_noop("Consents, addresses and countries in the segment’s rule were asked as they are today."))
    asked = PastRule(rule, past.shop)
    return {pk: asked.spans(life, past.since, past.until) for pk, life in lives(past.shop, people, past.until).items()}


def _moved(past: Past, people: Mapping[int, str], *, into: bool) -> Found:
    """Those who came into the segment, or fell out of it: as worked out, else as the timeline has it."""
    word, event_type = ("segment", SEGMENT_ENTERED) if into else ("left", SEGMENT_LEFT)
    found: Found = defaultdict(list)
    spans = _spans(past, people)
    if spans is None:
        past.note(gettext_noop("Counted is what the timeline has recorded of the segment since it was made."))
        rows = _events(past, people, event_type).filter(data__segment=past.trigger["segment"])
        for pk, at in rows.values_list("customer_id", "at"):
            found[pk].append((at, f"{word}:{at:%Y%m%dT%H%M%S}"))
        return found
    for pk, some in spans.items():
        for begin, end in some:
            at = begin if into else end
            if past.since < at < past.until:
                found[pk].append((at, f"{word}:{at:%Y%m%dT%H%M%S}"))
    return found


def _schedule(past: Past, people: Mapping[int, str]) -> Found:
    spans = _spans(past, people)
    if spans is None:
        past.note(gettext_noop("It was asked who is in the segment today."))
        rule, _segment = _rule_of(past)
        inside = rules.queryset(past.shop, rule, past.until).filter(customer_id__among=set(people))
        spans = {pk: [(past.since, past.until)] for pk in inside.values_list("customer_id", flat=True)}
    days = [day for day in _days(past) if is_due(past.trigger, day)]
    moments: dict[str, list[tuple[datetime, str]]] = {}
    for zone in set(people.values()):
        looked = ((_on_days(past, day, zone), f"day:{day}") for day in days)
        moments[zone] = [(at, key) for at, key in looked if at is not None]
    found: Found = {}
    for pk, some in spans.items():
        found[pk] = [one for one in moments[people[pk]] if any(begin <= one[0] < end for begin, end in some)]
    return found


def _news(past: Past, people: Mapping[int, str]) -> Found:
    """News of products, for those who were interested in them then."""
    trigger: Any = past.trigger
    kind: Any = trigger_kinds()[trigger["kind"]]
    within = timedelta(days=trigger.get("within_days", 90))
    news = Event._base_manager.filter(shop=past.shop, type=kind.event, at__gte=past.since, at__lt=past.until).order_by(
        "at"
    )
    of_sku: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for pk, at, data in news.values_list("pk", "at", "data"):
        if sku_of(data) and kind.fits(trigger, data):
            of_sku[sku_of(data)].append((pk, at))
    if not of_sku:
        past.note(gettext_noop("No such news of a product is on record for the past year."))
        return {}
    did: dict[tuple[int, str], dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    rows = _events(past, people, VIEWED, WISHED, UNWISHED, since=past.since - within)
    for pk, event_type, at, data in rows.values_list("customer_id", "type", "at", "data"):
        if sku_of(data) in of_sku:
            did[pk, sku_of(data)][event_type].append(at)
    orders = Order._base_manager.filter(
        shop=past.shop, customer_id__among=set(people), is_counted=True, placed_at__gte=past.since - within,
        placed_at__lt=past.until, lines__sku__in=list(of_sku),
    )  # fmt: skip
    for pk, at, sku in orders.values_list("customer_id", "placed_at", "lines__sku"):
        did[pk, sku]["bought"].append(at)
    found: Found = defaultdict(list)
    for (pk, sku), deeds in did.items():
        for event, at in of_sku[sku]:
            if _is_interested(trigger, deeds, at - within, at):
                found[pk].append((at, f"event:{event}"))
    return found


def _is_interested(
    trigger: Mapping[str, Any], deeds: Mapping[str, list[datetime]], since: datetime, at: datetime
) -> bool:
    def happened(name: str) -> bool:
        return any(since <= one <= at for one in deeds.get(name, ()))

    asked = trigger["interest"]
    if "bought" in asked and happened("bought"):
        return True
    if trigger.get("not_bought_since", True) and "bought" not in asked and happened("bought"):
        return False
    wished = happened(WISHED) and not happened(UNWISHED)
    return ("viewed" in asked and happened(VIEWED)) or ("wished" in asked and wished)


WAYS: dict[str, Callable[[Past, Mapping[int, str]], Found]] = {
    "event": _happened,
    "customer_date": _date,
    "segment_entered": lambda past, people: _moved(past, people, into=True),
    "segment_left": lambda past, people: _moved(past, people, into=False),
    "schedule": _schedule,
    "stock_back": _news,
    "price_drop": _news,
}
