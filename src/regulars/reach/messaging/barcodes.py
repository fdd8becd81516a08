"""QR codes and bar codes as pictures of our own: `/b/KIND/CODE.MAC.png`, signed, so that nobody else draws with us.

A data address would not be shown by Gmail and Outlook, an attached picture would make each mail a third longer; an
address on our own host is shown wherever images are. Code 128 is ISO/IEC 15417, code set B.
"""

import hmac
import io
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import blake2b, sha256

from django.conf import settings

KINDS = ("qr", "code128")
MAX_CODE = 60
_MAC = 9

# Widths of bars and gaps of the values 0 to 106 (106: stop), from ISO/IEC 15417, table 1.
_TABLE = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122"
    "123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323"
    "131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131"
    "213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122"
    "141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112"
    "124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141"
    "411131211412211214211232"
)
_PATTERNS = [*(_TABLE[at : at + 6] for at in range(0, len(_TABLE), 6)), "2331112"]
_START_B, _STOP = 104, 106


def address(code: str, kind: str) -> str:
    """The address of the picture of `code`; nothing for no code, or one that cannot be drawn."""
    if not code or len(code) > MAX_CODE or (kind == "code128" and not is_code128(code)):
        return ""
    return f"{settings.REGULARS_BASE_URL}/b/{kind}/{token(code, kind)}.png"


def is_code128(code: str) -> bool:
    return all(" " <= letter <= "~" for letter in code)


def token(code: str, kind: str) -> str:
    """The code and its signature in an address."""
    octets = code.encode()
    return urlsafe_b64encode(octets + _mac(settings.SECRET_KEY, octets, kind)).decode("ascii").rstrip("=")


def read(said: str, kind: str) -> str | None:
    """The code of a token that we made, else None."""
    try:
        octets = urlsafe_b64decode(said + "=" * (-len(said) % 4))
        code = octets[:-_MAC].decode()
    except (Error, ValueError):
        return None
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not code or not any(hmac.compare_digest(octets[-_MAC:], _mac(one, octets[:-_MAC], kind)) for one in secrets):
        return None
    return code


def _mac(secret: str, octets: bytes, kind: str) -> bytes:
    key = hmac.digest(secret.encode(), b"regulars.messaging.barcode." + kind.encode(), sha256)
    return blake2b(octets, key=key, digest_size=_MAC).digest()


def draw(code: str, kind: str) -> bytes:
    """The picture as PNG, black on white, with its quiet zone."""
    return _qr(code) if kind == "qr" else _code128(code)


def _qr(code: str) -> bytes:
    import segno

    out = io.BytesIO()
    segno.make(code, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return out.getvalue()


def modules(code: str) -> str:
    """Code 128 as widths of bars and gaps in turn, beginning with a bar."""
    values = [ord(letter) - 32 for letter in code]
    check = (_START_B + sum(at * value for at, value in enumerate(values, start=1))) % 103
    return "".join(_PATTERNS[value] for value in (_START_B, *values, check, _STOP))


def _code128(code: str) -> bytes:
    from PIL import Image, ImageDraw

    widths, unit, height, quiet = [int(width) for width in modules(code)], 3, 120, 10
    picture = Image.new("1", ((sum(widths) + 2 * quiet) * unit, height + 2 * unit * 4), 1)
    pen = ImageDraw.Draw(picture)
    at = quiet * unit
    for number, width in enumerate(widths):
        if number % 2 == 0:
            pen.rectangle((at, unit * 4, at + width * unit - 1, unit * 4 + height - 1), fill=0)
        at += width * unit
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
