"""What a source says about a customer, before it is written."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import phonenumbers

from regulars.know.customers.models import Identity


@dataclass(frozen=True, slots=True)
class PostalDraft:
    """A postal address as a source tells it, whole: what it leaves out is empty. country: two letters, or ""."""

    street: str
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """One customer as a source tells it. None: the source says nothing, what is known stays.

    number: the shop's own id; "" where the source has none, then the first address stands for it.
    birthday: (day, month, year or None). devices: ids of browsers or apps, kept as addresses.
    fills_gaps: what is known stays, only what is not known yet is taken (a customer named by an order).
    version: newest wins, compared as text; "" says nothing about it.
    """

    number: str
    first_name: str | None = None
    last_name: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    locale: str | None = None
    timezone: str | None = None
    country: str | None = None
    birthday: tuple[int, int, int | None] | None = None
    is_test: bool | None = None
    since: datetime | None = None
    devices: tuple[str, ...] = ()
    fills_gaps: bool = False
    version: str = ""
    postal: PostalDraft | None = None

    @property
    def tells_more(self) -> bool:
        """Whether it says more than who is meant."""
        return any(
            value is not None
            for value in (
                self.first_name,
                self.last_name,
                self.locale,
                self.timezone,
                self.country,
                self.birthday,
                self.postal,
            )
        )


@dataclass(slots=True)
class Upserted:
    """What an upsert did. ids: number → id, for all that are there now. refused: numbers of erased persons.
    customers: how many customers were made because an order, return or refund named them. outcomes: number → what was
    done with the row ("created", "changed", "unchanged", "older", "refused").

    Rows already there alike, or in a newer version, count as unchanged.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    customers: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)


def normalised(kind: str, value: str, country: str) -> str:
    """The key of an address: e-mail in lower case, phone in E.164 (read as of `country`), others without blanks."""
    text = value.strip()
    if kind == Identity.Kind.EMAIL:
        return text.lower()
    if kind == Identity.Kind.PHONE:
        try:
            number = phonenumbers.parse(text, country or None)
        except phonenumbers.NumberParseException:
            return "".join(sign for sign in text if sign.isdigit() or sign == "+")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return text


def number_for(kind: str, key: str) -> str:
    """A stable customer number for a person of whom the source gives an address only."""
    return f"{kind[0]}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"
