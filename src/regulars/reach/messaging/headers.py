"""What may stand in the head of a mail: addresses that are some, and text that smuggles no header in."""

import re

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
).fullmatch
_DOMAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
).fullmatch


class AddressRefused(ValueError):
    """The address cannot be written to: it is no e-mail address."""


def clean(value: str) -> str:
    """A value fit for a header: line breaks and other controls become a blank, so that no header can be smuggled in."""
    return " ".join(_UNFIT.sub(" ", value).split())


def checked_address(address: str) -> tuple[str, bool]:
    """The address with its domain in ASCII (IDNA), and whether its local part needs SMTPUTF8. Raises AddressRefused."""
    local, _at, domain = address.strip().rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise AddressRefused(address) from None
    if not _LOCAL(local) or not _DOMAIN(domain) or len(local.encode("utf-8")) > 64 or len(domain) > 253:
        raise AddressRefused(address)
    if _UNFIT.search(local):
        raise AddressRefused(address)
    return f"{local}@{domain}", not local.isascii()
