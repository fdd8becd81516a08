"""What goes over the wire of web push: the body only the browser can read, and who sent it.

Encryption: RFC 8291 (keys) over RFC 8188 (`aes128gcm`, one record). Signature: RFC 8292 (VAPID), an ES256 token.
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD = 4096
MOST = 3000
"""Octets of a payload. RFC 8030, 7.2 lets a push service refuse more than 4096 in all, of which 103 are not the payload;
some (Firefox on Android) take about 3000."""
TOKEN_LIVES = timedelta(hours=12)
_POINT = serialization.PublicFormat.UncompressedPoint


def encoded(octets: bytes) -> str:
    """As base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """Raises ValueError for what is no base64url."""
    if not text.isascii():
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 octets of a public key."""
    return key.public_bytes(serialization.Encoding.X962, _POINT)


def public_key(octets: bytes) -> ec.EllipticCurvePublicKey:
    """A browser's public key. Raises ValueError for what is no point of P-256."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)


def new_key() -> tuple[str, str]:
    """A new key pair of a shop: public and private, base64url."""
    key = ec.generate_private_key(ec.SECP256R1())
    return encoded(point_of(key.public_key())), encoded(key.private_numbers().private_value.to_bytes(32, "big"))


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The private key that `new_key` gave."""
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


def encrypt(
    payload: bytes,
    p256dh: bytes,
    auth: bytes,
    *,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push message. own, salt: new ones unless given; neither may ever be used twice.

    Raises ValueError for a payload that is too long, and for keys that are none.
    """
    if len(payload) > MOST:
        raise ValueError("the payload is too long")
    own = own or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    point = point_of(own.public_key())
    shared = own.exchange(ec.ECDH(), public_key(p256dh))
    secret = _derived(shared, auth, b"WebPush: info\0" + p256dh + point, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(point)]) + point
    return head + AESGCM(key).encrypt(nonce, payload + b"\x02", None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def authorization(public: str, private: ec.EllipticCurvePrivateKey, audience: str, subject: str, now: datetime) -> str:
    """The header `Authorization` for a push service. audience: its origin. subject: where to reach who sends, a mailto: or
    https: address.
    """
    claims = {"aud": audience, "exp": int((now + TOKEN_LIVES).timestamp()), "sub": subject}
    said = ".".join(encoded(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = utils.decode_dss_signature(private.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={said}.{signature}, k={public}"
