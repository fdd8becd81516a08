"""One row of each noun as a program sends it. Money is in minor units of the shop's currency."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import available_timezones

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=200)]
Short = Annotated[str, Meta(max_length=80)]
Number = Annotated[str, Meta(min_length=1, max_length=64)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9+()/ .-]{3,}$")]
Link = Annotated[str, Meta(max_length=500, pattern=r"^(|https?://[^\s\x00]+)$")]
Money = Annotated[int, Meta(ge=0, lt=10**15)]
Moment = Annotated[datetime, Meta(tz=True)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=24)
ZONES = available_timezones()


class Dated(Struct, forbid_unknown_fields=True, kw_only=True):
    """version: a number that grows with each change, or else updated_at: the newest wins, whatever comes last.
    history: imported from the past, nobody reacts to it."""

    version: Annotated[int, Meta(ge=0, lt=10**18)] | None = None
    updated_at: Moment | None = None
    history: bool = False

    def told_version(self) -> str:
        """As the records compare it: as text."""
        if self.version is not None:
            return f"{self.version:020d}"
        if self.updated_at is None:
            return ""
        return self.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class PostalIn(Struct, forbid_unknown_fields=True):
    """A postal address, whole. street: with the house number. recipient: a line above it, such as a company."""

    street: Annotated[str, Meta(min_length=1, max_length=160)]
    city: Annotated[str, Meta(min_length=1, max_length=80)]
    postal_code: Annotated[str, Meta(max_length=16)] = ""
    region: Short = ""
    country: Country | None = None
    recipient: Annotated[str, Meta(max_length=120)] = ""


class PersonIn(Struct, forbid_unknown_fields=True):
    """Whom a row is about. Somebody not known yet becomes a customer; of a known one only gaps are filled."""

    number: Annotated[str, Meta(max_length=64)] = ""
    email: Email | None = None
    phone: Phone | None = None
    first_name: Annotated[str, Meta(max_length=80)] | None = None
    last_name: Annotated[str, Meta(max_length=80)] | None = None
    locale: Locale | None = None
    country: Country | None = None


class CustomerIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """One customer. What is left out stays as it is known. birthday: `1984-06-12`, or `--06-12` without the year."""

    number: Annotated[str, Meta(max_length=64)] = ""
    emails: Annotated[list[Email], Meta(max_length=10)] = []
    phones: Annotated[list[Phone], Meta(max_length=10)] = []
    first_name: Annotated[str, Meta(max_length=80)] | None = None
    last_name: Annotated[str, Meta(max_length=80)] | None = None
    locale: Locale | None = None
    timezone: Annotated[str, Meta(max_length=60)] | None = None
    country: Country | None = None
    birthday: Annotated[str, Meta(pattern=r"^(--|[0-9]{4}-)[0-9]{2}-[0-9]{2}$")] | None = None
    since: Moment | None = None
    is_test: bool | None = None
    postal_address: PostalIn | None = None

    @property
    def name(self) -> str:
        """What names the row in the answer: the number, else the first address."""
        return self.number or next(iter((*self.emails, *self.phones)), "")


class LineIn(Struct, forbid_unknown_fields=True):
    """One line. value: as the customer paid it, all pieces, after discounts; list_value: before (else the same)."""

    value: Money
    sku: Short = ""
    title: Text = ""
    quantity: Annotated[int, Meta(ge=1, le=10**6)] = 1
    list_value: Money | None = None
    is_merchandise: bool = True


Lines = Annotated[list[LineIn], Meta(max_length=500)]


class OrderIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """One whole order. checkout: the token of the checkout that it completes."""

    number: Number
    placed_at: Moment
    lines: Lines
    customer: PersonIn | None = None
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] | None = None
    cancelled_at: Moment | None = None
    is_test: bool = False
    tax: Money | None = None
    shipping: Money | None = None
    voucher_code: Annotated[str, Meta(max_length=40)] = ""
    checkout: Short = ""


class ShipmentIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """One parcel of an order that was sent before."""

    number: Number
    order: Number
    shipped_at: Moment | None = None
    promised_on: date | None = None
    delivered_at: Moment | None = None
    carrier: Annotated[str, Meta(max_length=60)] = ""
    tracking_code: Short = ""
    tracking_url: Annotated[str, Meta(max_length=500, pattern="^(https?://[^ ]+)?$")] = ""


class RefundIn(Struct, forbid_unknown_fields=True):
    """Money given back. total: all of it; merchandise: the part for goods (else all)."""

    number: Number
    refunded_at: Moment
    total: Money
    merchandise: Money | None = None


class ReturnIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """Goods that came back, and the money given back for them. order: the number, where it is known."""

    number: Number
    returned_at: Moment
    lines: Lines = []
    order: Annotated[str, Meta(max_length=64)] = ""
    customer: PersonIn | None = None
    refund: RefundIn | None = None


class ProductIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """One product. What is left out stays as it is known. stock: units that can be sold."""

    sku: Annotated[str, Meta(min_length=1, max_length=80)]
    title: Text | None = None
    category: Annotated[str, Meta(max_length=120)] | None = None
    url: Link | None = None
    image_url: Link | None = None
    price: Money | None = None
    stock: Annotated[int, Meta(gt=-(10**12), lt=10**12)] | None = None


class CheckoutIn(Dated, forbid_unknown_fields=True, kw_only=True):
    """One checkout, whole. active_at: when the customer last did something in it. url: where it can be gone on with."""

    token: Annotated[str, Meta(min_length=1, max_length=80)]
    active_at: Moment
    started_at: Moment | None = None
    customer: PersonIn | None = None
    lines: Lines = []
    url: Link = ""


def faults(row: Struct, now: datetime, currency: str) -> tuple[str, str] | None:
    """(place, detail) of what the description cannot say, None where the row is sound."""
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, datetime):
            if value < EARLIEST:
                return name, f"lies before {EARLIEST:%Y}"
            if value > now + AHEAD:
                return name, "lies in the future"
        elif isinstance(value, date) and not 1990 <= value.year <= now.year + 5:
            return name, "is no likely day"
        elif isinstance(value, RefundIn) and (found := faults(value, now, currency)):
            return f"{name}.{found[0]}", found[1]
    if isinstance(row, CustomerIn):
        return _of_customer(row)
    if isinstance(row, OrderIn | CheckoutIn | ReturnIn) and row.customer is not None:
        person = row.customer
        if not (person.number or person.email or person.phone):
            return "customer", "names nobody: give a number, an email or a phone"
    if isinstance(row, OrderIn) and row.currency is not None and row.currency != currency:
        return "currency", f"is {row.currency}, the shop's currency is {currency}"
    if isinstance(row, RefundIn) and row.merchandise is not None and row.merchandise > row.total:
        return "merchandise", "is more than the total"
    return None


def _of_customer(row: CustomerIn) -> tuple[str, str] | None:
    if not (row.number or row.emails or row.phones):
        return "", "names nobody: give a number, an e-mail address or a phone number"
    if row.timezone and row.timezone not in ZONES:
        return "timezone", f"{row.timezone} is no time zone, such as Europe/Berlin"
    if row.birthday is not None and told_birthday(row.birthday) is None:
        return "birthday", "is no day of the calendar"
    return None


def told_birthday(text: str) -> tuple[int, int, int | None] | None:
    """(day, month, year or None) of `1984-06-12` or `--06-12`; None where there is no such day."""
    year = None if text.startswith("--") else int(text[:4])
    month, day = int(text[-5:-3]), int(text[-2:])
    try:
        date(2000 if year is None else year, month, day)
    except ValueError:
        return None
    return (day, month, year) if year is None or 1900 <= year <= datetime.now(UTC).year else None
