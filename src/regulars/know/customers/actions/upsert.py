"""Customers in from a source: find, create, change, as sets."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.erased import NUMBER, erased_among
from regulars.know.customers.event_types import CUSTOMER_CHANGED, CUSTOMER_CREATED
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.actions import Fact, record

from .drafts import CustomerDraft, Upserted, normalised, number_for
from .postal import write_postal

Key = tuple[str, str]
"""(kind, key) of an identity."""

TEXTS = ("first_name", "last_name", "locale", "timezone", "country")
PLAIN = (*TEXTS, "is_test")
"""Fields that are the same in the draft and the table."""

COLUMNS = (*PLAIN, "birthday_day", "birthday_month", "birthday_year", "source_version", "since")
"""What a draft may change."""


def find_or_create_by_number(shop: Shop, numbers: Collection[str], now: datetime) -> dict[str, int]:
    """The ids of the customers with these numbers; those not known yet are made, erased persons are left out.

    A number that was merged into another customer leads to that one. At most six queries, whatever the size.
    """
    return ensure_numbers(shop, numbers, now)[0]


@transaction.atomic
def ensure_numbers(shop: Shop, numbers: Collection[str], now: datetime) -> tuple[dict[str, int], int]:
    """As `find_or_create_by_number`, and how many customers were made."""
    wanted = {number for number in numbers if number}
    ids = ids_by_number(shop, wanted)
    missing = wanted - set(ids)
    if not missing:
        return ids, 0
    missing -= {key for _, key in erased_among(shop, [(NUMBER, number) for number in missing])}
    if missing:
        _insert(shop, sorted(missing), now)
        ids |= ids_by_number(shop, missing)
    return ids, len(missing)


def _insert(shop: Shop, numbers: Collection[str], now: datetime) -> None:
    """Customers of whom only the number is known; those whom another writer made meanwhile stay as they are."""
    columns = ("shop_id", "number", *TEXTS, "source_version", "is_test", "created_at", "updated_at")
    empty, at = [""] * (len(TEXTS) + 1), bulk.moment(now)
    bulk.insert(
        Customer, columns, [(shop.pk, number, *empty, False, at, at) for number in numbers], ignore_conflicts=True
    )


def ids_by_number(shop: Shop, numbers: Collection[str]) -> dict[str, int]:
    """number → id of the living customer, by the number itself or by a further id of the shop for the same person."""
    if not numbers:
        return {}
    rows = bulk.select(Customer, ("number", "id", "merged_into_id"), shop.pk, "number", numbers)
    ids = {number: merged or pk for number, pk, merged in rows}
    left = [number for number in numbers if number not in ids]
    if left:
        own = {"kind": [Identity.Kind.SHOP_ID.value]}
        ids |= dict(bulk.select(Identity, ("key", "customer_id"), shop.pk, "key", left, also=own))
    return ids


@transaction.atomic
def upsert_customers(
    shop: Shop, drafts: Sequence[CustomerDraft], *, now: datetime, source: str, is_history: bool
) -> Upserted:
    """Writes what a source says about customers; Events unless it is history.

    A draft belongs to the customer with its number, else to the one with one of its addresses, else to a new one. An
    address that another customer has stays with that one. Of several drafts for one customer the last word counts.
    Erased persons are not brought back (`refused`). A constant number of queries.
    """
    take_turn(shop)
    result = Upserted()
    kept = _without_erased(shop, [keyed(shop, draft) for draft in drafts], result)
    persons, owners = _persons(shop, kept)
    fresh = {person: None for person in persons if isinstance(person, str)}
    _insert(shop, fresh, now)
    made = ids_by_number(shop, fresh)
    ids = [made[person] if isinstance(person, str) else person for person in persons]
    result.ids = {draft.number: pk for (draft, _), pk in zip(kept, ids, strict=True)}
    new_ids = set(made.values())

    targets = {row.pk: row for row in Customer._base_manager.filter(pk__in=set(ids))}
    before = {pk: _state(row) for pk, row in targets.items()}
    for (draft, _), pk in zip(kept, ids, strict=True):
        is_older = bool(draft.version) and draft.version < targets[pk].source_version
        result.outcomes[draft.number] = "older" if is_older else "unchanged"
        if not is_older:
            _set(targets[pk], draft)
    touched = {pk for pk, row in targets.items() if _state(row) != before[pk]}
    touched |= _add_identities(shop, kept, ids, owners, targets, now)
    said = ((pk, draft) for (draft, _), pk in zip(kept, ids, strict=True) if result.outcomes[draft.number] != "older")
    touched |= write_postal(shop, said, now)
    _save([targets[pk] for pk in sorted(touched)], now)

    result.created = len(new_ids)
    result.changed = len(touched - new_ids)
    result.unchanged = len(targets) - len(new_ids | touched)
    for (draft, _), pk in zip(kept, ids, strict=True):
        if pk in new_ids:
            result.outcomes[draft.number] = "created"
        elif pk in touched and result.outcomes[draft.number] != "older":
            result.outcomes[draft.number] = "changed"
    result.outcomes |= dict.fromkeys(result.refused, "refused")
    if not is_history:
        facts = [Fact(CUSTOMER_CREATED, now, pk, source_key=f"customer:{pk}") for pk in sorted(new_ids)]
        facts += [Fact(CUSTOMER_CHANGED, now, pk) for pk in sorted(touched - new_ids)]
        record(shop, facts, now=now, source=source)
    return result


Keyed = tuple[CustomerDraft, list[tuple[str, str, str]]]
"""A draft, and (kind, key, value) of each address it names."""


def keyed(shop: Shop, draft: CustomerDraft) -> Keyed:
    """The draft with a number, made up where the source has none, and its addresses normalised."""
    kinds = [
        (str(Identity.Kind.EMAIL), draft.emails),
        (str(Identity.Kind.PHONE), draft.phones),
        (str(Identity.Kind.DEVICE), draft.devices),
    ]
    country = draft.country or shop.country
    keys = [(kind, normalised(kind, value, country), value.strip()) for kind, values in kinds for value in values]
    keys = [one for one in keys if one[1]]
    if not draft.number:
        assert keys, "a draft needs a number or an address"
        draft = replace(draft, number=_made_up(keys))
    return draft, keys


def number_of(shop: Shop, draft: CustomerDraft) -> str:
    """The number under which `Upserted` speaks of a draft."""
    return keyed(shop, draft)[0].number


def _made_up(keys: Sequence[tuple[str, str, str]]) -> str:
    """The number of somebody of whom the source tells addresses only."""
    return number_for(keys[0][0], keys[0][1]) if keys else ""


def _without_erased(shop: Shop, keyed: Sequence[Keyed], result: Upserted) -> list[Keyed]:
    every = [(NUMBER, draft.number) for draft, _ in keyed] + [(kind, key) for _, keys in keyed for kind, key, _ in keys]
    erased = erased_among(shop, every)
    kept = []
    for draft, keys in keyed:
        if (NUMBER, draft.number) in erased or any((kind, key) in erased for kind, key, _ in keys):
            result.refused.append(draft.number)
        else:
            kept.append((draft, keys))
    return kept


def _persons(shop: Shop, kept: Sequence[Keyed]) -> tuple[list[int | str], dict[Key, int | str]]:
    """For each draft whom it means: the id of a customer, or the number under which a new one is made; and the owners
    of addresses before this batch."""
    known: dict[str, int | str] = dict(ids_by_number(shop, {draft.number for draft, _ in kept}))
    wanted = {(kind, key) for _, keys in kept for kind, key, _ in keys}
    kinds, addresses = {kind for kind, _ in wanted}, {key for _, key in wanted}
    found = bulk.select(Identity, ("kind", "key", "customer_id"), shop.pk, "key", addresses, also={"kind": kinds})
    owners: dict[Key, int | str] = {(kind, key): customer for kind, key, customer in found}
    before = owners | {(str(Identity.Kind.SHOP_ID), number): person for number, person in known.items()}
    persons = []
    for draft, keys in kept:
        by_address = next((owners[kind, key] for kind, key, _ in keys if (kind, key) in owners), draft.number)
        person = known.setdefault(draft.number, by_address)
        for kind, key, _ in keys:
            owners.setdefault((kind, key), person)
        persons.append(person)
    return persons, before


def _state(row: Customer) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in COLUMNS)


def _set(row: Customer, draft: CustomerDraft) -> None:
    """Writes onto `row` what the draft says; what it leaves out stays."""
    for name in PLAIN:
        value = getattr(draft, name)
        if value is not None and not (draft.fills_gaps and getattr(row, name) not in ("", False)):
            setattr(row, name, value)
    if draft.birthday is not None and not (draft.fills_gaps and row.birthday_day is not None):
        row.birthday_day, row.birthday_month, row.birthday_year = draft.birthday
    row.source_version = draft.version or row.source_version
    if draft.since is not None and (row.since is None or draft.since < row.since):
        row.since = draft.since


def _save(rows: Sequence[Customer], now: datetime) -> None:
    moment = bulk.moments()
    values = [(*_state(row)[:-1], moment(row.since), moment(now), row.pk) for row in rows]
    bulk.update(Customer, (*COLUMNS, "updated_at"), values)


def _add_identities(
    shop: Shop,
    kept: Sequence[Keyed],
    ids: Sequence[int],
    owners: dict[Key, int | str],
    targets: dict[int, Customer],
    now: datetime,
) -> set[int]:
    """Adds the addresses nobody has, the newest of each kind as the primary one; returns whose they are."""
    new: dict[Key, Identity] = {}
    for (draft, keys), pk in zip(kept, ids, strict=True):
        if draft.number not in (targets[pk].number, _made_up(keys)):
            keys = [*keys, (str(Identity.Kind.SHOP_ID), draft.number, draft.number)]
        for kind, key, value in keys:
            if (kind, key) not in owners and (kind, key) not in new:
                new[kind, key] = Identity(
                    shop=shop, customer_id=pk, kind=kind, key=key, value=value, created_at=now, is_primary=False
                )
    if not new:
        return set()
    primary: dict[tuple[int, str], Identity] = {(row.customer_id, row.kind): row for row in new.values()}
    for row in primary.values():
        row.is_primary = True
    touched = {row.customer_id for row in new.values()}
    for kind in sorted({kind for _, kind in primary}):
        owners_of_kind = [customer_id for customer_id, one in primary if one == kind]
        Identity._base_manager.filter(customer__in=owners_of_kind, kind=kind).update(is_primary=False)
    at = bulk.moment(now)
    bulk.insert(
        Identity,
        ("shop_id", "customer_id", "kind", "value", "key", "is_primary", "created_at"),
        [(shop.pk, row.customer_id, str(row.kind), row.value, row.key, row.is_primary, at) for row in new.values()],
        ignore_conflicts=True,
    )
    return touched
