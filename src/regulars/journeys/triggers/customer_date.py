"""The trigger `customer_date`: a date that belongs to the customer, on the customer's own calendar."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from regulars.core.clock import birthday_in
from regulars.core.models import Shop
from regulars.decide.segments import rules
from regulars.decide.segments.fields import DATE, FIELDS
from regulars.decide.segments.models import CustomerProfile
from regulars.journeys.answers import barring
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Occasion, Params, TriggerKind, Wording
from regulars.journeys.local_time import at_hour, open_days, zone_of
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer

BIRTHDAY = "birthday"
DATES = {
    BIRTHDAY: Words(en="birthday", de="Geburtstag"),
    "first_order_at": Words(en="first order", de="erste Bestellung"),
    "second_order_at": Words(en="second order", de="zweite Bestellung"),
    "last_order_at": Words(en="last order", de="letzte Bestellung"),
    "last_return_at": Words(en="last return", de="letzte Retoure"),
    "known_since": Words(en="known since", de="bekannt seit"),
    "last_contact_at": Words(en="last contact", de="letzter Kontakt"),
}
assert set(DATES) == {BIRTHDAY} | {one.key for one in FIELDS.values() if one.kind == DATE}


class CustomerDate(TriggerKind):
    """A birthday, or a date of the profile (once, or as an anniversary every year), or some days before or after it.

    29 February is kept on 28 February in other years. A day that has passed is not made up for.
    """

    key = "customer_date"
    title = gettext_lazy("A day of the customer’s")
    icon = "cake"
    fields = (
        Field("date", "choice", Words(en="Day", de="Tag"), required=True, choices=DATES),
        Field(
            "yearly",
            "flag",
            Words(en="Every year (anniversary)", de="Jedes Jahr (Jahrestag)"),
            Words(en="A birthday always is.", de="Beim Geburtstag immer."),
            default=False,
        ),
        Field("before_days", "duration", Words(en="Days before", de="Tage davor"), minimum=0, maximum=180, unit="days"),
        Field("after_days", "duration", Words(en="Days after", de="Tage danach"), minimum=0, maximum=3650, unit="days"),
        Field(
            "hour",
            "hour",
            Words(en="From this hour on", de="Ab dieser Uhrzeit"),
            Words(en="On the customer’s clock.", de="Nach der Uhr des Kunden."),
            required=True,
        ),
        Field("profile", "rule", Words(en="Only if the profile says", de="Nur wenn das Profil besagt")),
    )
    keys_by_year = True

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if params.get("before_days") and params.get("after_days"):
            yield "before_days", _("say days before or days after, not both")
        yearly = params["date"] == BIRTHDAY or params.get("yearly")
        if params.get("before_days") and not yearly:
            yield "before_days", _("nobody knows this day in advance: only for birthdays and with yearly = true")

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)
        if params["date"] == BIRTHDAY:
            living = living.filter(birthday_day__isnull=False)
        else:
            living = living.filter(**{f"profile__{params['date']}__isnull": False})
        return _with_profile(living, shop, params, now)

    def find(self, journey: Journey, now: datetime, limit: int) -> list[Entry]:
        trigger, shop = journey.definition["trigger"], journey.shop
        if trigger["date"] != BIRTHDAY:
            return []
        found: list[Entry] = []
        for day, zones in sorted(open_days(shop, now, trigger["hour"]).items()):
            target = _target(day, trigger)
            key = f"{BIRTHDAY}:{target.year}"
            barred = barring(journey, now, [key]).filter(customer_id=OuterRef("pk"))
            customers = _born_on(shop, target).filter(timezone__in=zones).exclude(Exists(barred)).order_by("pk")
            customers = _with_profile(customers, shop, trigger, now)
            found += [Entry(pk, key) for pk in customers.values_list("pk", flat=True)[: limit - len(found)]]
            if len(found) >= limit:
                break
        return found

    def due_occasions(self, journey: Journey, now: datetime) -> list[Occasion]:
        trigger = journey.definition["trigger"]
        if trigger["date"] == BIRTHDAY:
            return []
        return [
            Occasion(f"day:{day}:{name}", {"day": day.isoformat(), "zone": name})
            for day, names in open_days(journey.shop, now, trigger["hour"]).items()
            for name in names
            # A day that ended before the journey was published is history.
            if at_hour(day + timedelta(days=1), zone_of(name, journey.shop), 0) > journey.published_at
        ]

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        trigger, shop = journey.definition["trigger"], journey.shop
        target = _target(date.fromisoformat(data["day"]), trigger)
        field, zone = trigger["date"], zone_of(data["zone"], shop)
        rows = CustomerProfile._base_manager.filter(shop=shop, customer_id__gt=after, customer__timezone=data["zone"])
        falls = Q(pk__in=[])
        for origin in _origins(target, rows, field) if trigger.get("yearly") else [target]:
            start, end = at_hour(origin, zone, 0), at_hour(origin + timedelta(days=1), zone, 0)
            falls |= Q(**{f"{field}__gte": start, f"{field}__lt": end})
        rows = rows.filter(falls)
        if trigger.get("profile"):
            rows = rows.filter(pk__in=rules.queryset(shop, trigger["profile"], now).values("pk"))
        key = f"{field}:{target.year if trigger.get('yearly') else target.isoformat()}"
        ids = rows.order_by("customer_id").values_list("customer_id", flat=True)[:limit]
        return [Entry(pk, key) for pk in ids]

    def describe(self, params: Params, playbook: Wording) -> str:
        when = str(DATES[params["date"]])
        if params["date"] == BIRTHDAY and not params.get("before_days") and not params.get("after_days"):
            return _("On the customer’s birthday, from %(hour)s o’clock on") % {"hour": params["hour"]}
        if days := params.get("before_days"):
            text = ngettext("%(n)s day before: %(when)s", "%(n)s days before: %(when)s", days)
        elif days := params.get("after_days"):
            text = ngettext("%(n)s day after: %(when)s", "%(n)s days after: %(when)s", days)
        else:
            text = _("Anniversary: %(when)s") if params.get("yearly") else _("On the day: %(when)s")
        return text % {"n": days or 0, "when": when} + ", " + _("from %(hour)s o’clock on") % {"hour": params["hour"]}


def _target(day: date, trigger: Params) -> date:
    """The date itself, where the journey starts on `day`."""
    return day + timedelta(days=trigger.get("before_days", 0)) - timedelta(days=trigger.get("after_days", 0))


def _origins(target: date, rows: QuerySet[CustomerProfile], field: str) -> Iterator[date]:
    """The days of earlier years whose anniversary is kept on `target`."""
    first = rows.aggregate(first=Min(field))["first"]
    for year in range(first.year - 1 if first else target.year, target.year):
        is_leap = birthday_in(year, 2, 29).day == 29
        if (target.month, target.day) != (2, 29) or is_leap:
            yield date(year, target.month, target.day)
        if (target.month, target.day) == (2, 28) and birthday_in(target.year, 2, 29) == target and is_leap:
            yield date(year, 2, 29)


def _with_profile(customers: Any, shop: Shop, params: Params, now: datetime) -> Any:
    if not params.get("profile"):
        return customers
    return customers.filter(pk__in=rules.queryset(shop, params["profile"], now).values("customer_id"))


def _born_on(shop: Shop, day: date) -> QuerySet[Customer]:
    """Living customers who keep their birthday on `day`."""
    born = Q(birthday_month=day.month, birthday_day=day.day)
    if birthday_in(day.year, 2, 29) == day:
        born |= Q(birthday_month=2, birthday_day=29)
    return Customer._base_manager.filter(born, shop=shop, merged_into=None, erased_at=None)
