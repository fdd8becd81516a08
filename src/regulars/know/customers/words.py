"""What is known about a customer in the words of the page's language."""

from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from django.utils.translation import get_language

from .models import Customer

LEAP_YEAR = 2000
"""Stands for the year that a customer did not tell: every day exists in it."""


def _page_locale() -> Locale:
    language = get_language() or "en"
    return Locale.parse("en_GB" if language == "en" else language, sep="-" if "-" in language else "_")


def birthday(customer: Customer) -> str:
    """`12. Juni 1984`, without the year where it is not known; nothing where the day is not."""
    if customer.birthday_day is None or customer.birthday_month is None:
        return ""
    locale = _page_locale()
    try:
        if customer.birthday_year:
            known = date(customer.birthday_year, customer.birthday_month, customer.birthday_day)
            return format_date(known, "long", locale=locale)
        any_year = date(LEAP_YEAR, customer.birthday_month, customer.birthday_day)
    except ValueError:  # a day that no calendar has, as some source said it
        return f"{customer.birthday_day}.{customer.birthday_month}."
    return format_skeleton("MMMMd", any_year, locale=locale)


def country(code: str) -> str:
    """The name of a country: `Österreich`."""
    return str(_page_locale().territories.get(code.upper(), code)) if code else ""


def language(code: str) -> str:
    """The name of a language: `Deutsch`; a code that Babel does not know stays as it is."""
    if not code:
        return ""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(_page_locale())
    except (ValueError, UnknownLocaleError):
        return code
    return f"{name[:1].upper()}{name[1:]}" if name else code
