"""Who is meant: the customers behind the numbers and addresses that a source gives with a fact, as a set."""

from collections.abc import Sequence
from datetime import datetime

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.know.customers.models import Identity

from .drafts import CustomerDraft
from .upsert import ids_by_number, keyed, number_of, upsert_customers


def identify(
    shop: Shop, drafts: Sequence[CustomerDraft], *, now: datetime, source: str, is_history: bool
) -> list[int | None]:
    """For each draft the id of its customer.

    The number counts first, then the addresses in their order. Somebody with a number, e-mail address or phone number
    who is not known yet becomes a customer; an address not known yet is added to the customer that the draft means. None:
    nobody is named, the device is nobody's yet, or the person was erased. A constant number of queries; where all are
    known, two.
    """
    addresses = [keyed(shop, draft)[1] if _has_addresses(draft) else [] for draft in drafts]
    known = ids_by_number(shop, {draft.number for draft in drafts if draft.number})
    wanted = {(kind, key) for keys in addresses for kind, key, _ in keys}
    kinds, texts = {kind for kind, _ in wanted}, {key for _, key in wanted}
    rows = bulk.select(Identity, ("kind", "key", "customer_id"), shop.pk, "key", texts, also={"kind": kinds})
    owners = {(kind, key): customer_id for kind, key, customer_id in rows}
    found: list[int | None] = []
    unknown: list[int] = []
    for place, (draft, keys) in enumerate(zip(drafts, addresses, strict=True)):
        told = [owners.get((kind, key)) for kind, key, _ in keys]
        person = known.get(draft.number) if draft.number else next((one for one in told if one is not None), None)
        found.append(person)
        is_nameable = bool(draft.number or draft.emails or draft.phones)
        if (person is None and is_nameable) or (person is not None and (None in told or draft.tells_more)):
            unknown.append(place)
    if unknown:
        made = upsert_customers(
            shop, [drafts[place] for place in unknown], now=now, source=source, is_history=is_history
        )
        for place in unknown:
            found[place] = made.ids.get(number_of(shop, drafts[place]))
    return found


def _has_addresses(draft: CustomerDraft) -> bool:
    return bool(draft.emails or draft.phones or draft.devices)
