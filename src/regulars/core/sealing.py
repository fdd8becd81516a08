"""Secrets that must be read again (a mailbox's password, a provider's key): sealed with a key of the installation.

Fernet (AES-128-CBC with HMAC-SHA256). The key is derived from SECRET_KEY, so that a copy of the database alone opens
nothing; former keys (SECRET_KEY_FALLBACKS) still open what they sealed.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext as _

from .errors import Refused


def _box() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [Fernet(urlsafe_b64encode(hmac.digest(one.encode(), b"regulars.core.sealing", sha256))) for one in secrets]
    )


def seal(text: str) -> str:
    """The text, sealed; "" for ""."""
    return _box().encrypt(text.encode()).decode("ascii") if text else ""


def unseal(sealed: str) -> str:
    """The text that was sealed. Raises Refused when the installation's secret has changed since."""
    if not sealed:
        return ""
    try:
        return _box().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError, ValueError):
        raise Refused(
            _(
                "A stored password cannot be opened: REGULARS_SECRET_KEY has changed. Enter the password again, or name the "
                "former key in REGULARS_SECRET_KEY_FALLBACKS."
            )
        ) from None
