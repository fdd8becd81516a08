"""Find customers by what somebody at a desk has at hand: a name, an e-mail address, a customer or order number."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from regulars.core.models import Shop
from regulars.core.turning import starts

from .models import Customer, Identity

MOST = 200
"""Matches at most of one search: who sees more than these types one letter more."""


@dataclass(frozen=True)
class Matches:
    """ids: of the customers found. is_cut: there may be more, since one way to be found gave as many as it may."""

    ids: list[int]
    is_cut: bool = False


def matching(shop: Shop, text: str) -> Matches:
    """The living customers whom `text` may mean, at most `MOST` of each way to be found.

    A number (customer's or order's) matches whole, a customer's number also by its start; an address and a name by
    their start, a name in any case and in either order ("Rosa Rot", "Rot, Rosa"). Each way is a read of an index.
    """
    text = " ".join(text.replace(",", " ").split())
    if not text:
        return Matches([])
    living = Customer.objects.living()  # each way below names columns of one index, the shop's own first
    mails = Identity.objects.filter(starts("key", text.lower()), kind=Identity.Kind.EMAIL, customer__erased_at=None)
    ways = [
        living.filter(starts("number", text)).order_by("number").values_list("pk", flat=True),
        living.filter(orders__shop=shop, orders__number=text).values_list("pk", flat=True),
        mails.order_by("key").values_list("customer_id", flat=True),
    ]
    if "@" not in text:
        ways += [_with_name(_by_last_name(text)), _with_name([starts("first_name", way) for way in _ways(text)])]
    found = [list(way[:MOST]) for way in ways]
    if not any(found) and "@" not in text:
        # A name written like no rule says, such as McDonald: the slow way, only when the quick ones found nobody.
        slow = living.filter(Q(last_name__istartswith=text) | Q(first_name__istartswith=text))
        found.append(list(slow.values_list("pk", flat=True)[:MOST]))
    ids = list(dict.fromkeys(pk for some in found for pk in some))
    return Matches(ids, any(len(some) == MOST for some in found))


def _with_name(conditions: list[Q]) -> QuerySet[Customer, int]:
    """Whom any of the `conditions` on names finds, each read from its index. Merged and erased customers have no name
    left, so that nothing else need be asked. One query; asked for all conditions at once, SQLite would read every name."""
    first, *others = (Customer.objects.filter(one).values_list("pk", flat=True) for one in conditions)
    ids: QuerySet[Customer, int] = first.union(*others, all=True)
    return ids


def _by_last_name(text: str) -> list[Q]:
    """The names that `text` may be the start of; every part of it has a last name, by which the index is read."""
    conditions = [starts("last_name", way) for way in _ways(text)]
    first, _, rest = text.partition(" ")
    if rest:
        *front, last = text.split(" ")
        conditions += [_starts_any("first_name", first) & starts("last_name", way) for way in _ways(rest)]
        names = _ways(" ".join(front))
        conditions += [starts("last_name", way) & _starts_any("first_name", last) for way in names]
    return conditions


def _starts_any(field: str, text: str) -> Q:
    condition = Q()
    for way in _ways(text):
        condition |= starts(field, way)
    return condition


def _ways(text: str) -> Iterable[str]:
    """The cases in which a name may be kept: as typed, Rosa, ROSA, rosa, von der Heide."""
    return dict.fromkeys([text, text.title(), text.capitalize(), text.upper(), text.lower()])
