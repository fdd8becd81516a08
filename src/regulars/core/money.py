"""Money: integer minor units and an ISO currency in the records, Decimal at the edges. Never float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision

from .errors import Refused

LIMIT = 10**15
"""Amounts at or beyond ten trillion minor units are taken for a mistake in the source."""


def digits(currency: str) -> int:
    """Decimal places of a currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return int(get_currency_precision(currency))


def to_minor(amount: Decimal | str | int, currency: str) -> int:
    """`amount` in major units as integer minor units, half up.

    Raises Refused for NaN, infinity, text that is no number, and absurd amounts.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation as error:
        raise Refused(f"{amount!r} is not an amount of money") from error
    if not value.is_finite():
        raise Refused(f"{amount!r} is not an amount of money")
    minor = (value * (10 ** digits(currency))).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if abs(minor) >= LIMIT:
        raise Refused(f"{amount!r} is too large for an amount of money")
    return int(minor)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a Decimal in major units."""
    places = digits(currency)
    return Decimal(minor).scaleb(-places)


def formatted(minor: int, currency: str, locale: str) -> str:
    """As people write it: `1.234,50 €` in German, `€1,234.50` in English."""
    return format_currency(to_decimal(minor, currency), currency, locale=locale.replace("-", "_"))
