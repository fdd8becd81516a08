"""Addresses of channels: which kind each needs, and how suppressions name them."""

from .models import Channel

ADDRESS_KINDS: dict[str, str] = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.PHONE: "phone"}
"""Channels that need an address, and of which kind it is. The others find the customer by themselves."""


def normal_key(kind: str, address: str) -> str:
    """An address as suppressions name it: e-mail in lower case, all without blanks around."""
    return address.strip().lower() if kind == "email" else address.strip()
