"""Images that staff upload: looked at by content, limited, and written anew before they are kept.

What arrives is never served: the picture is decoded and encoded again, which drops whatever else the file held (scripts,
places, names of cameras). SVG is refused: mail programs do not show it, and it is a program rather than a picture.
"""

import io
import re
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from regulars.core.errors import Refused

MEGABYTE = 1024 * 1024
MAX_UPLOAD = 5 * MEGABYTE
MAX_LOGO = MEGABYTE
MAX_KEPT = MEGABYTE
MAX_PIXELS = 40_000_000
MAX_WIDTH = 1200
MAX_HEIGHT = 4000
MAX_FRAMES = 60
FILE = re.compile(r"[A-Za-z0-9_-]{16,40}\.(?:png|jpg|gif)")
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as it will be kept. kind: png, jpg or gif."""

    octets: bytes
    kind: str
    width: int
    height: int


def redrawn(octets: bytes, limit: int = MAX_UPLOAD) -> Drawn:
    """The picture in `octets`, checked and encoded anew, at most 1200 pixels wide. Raises Refused with the remedy."""
    from PIL import Image

    check_size(len(octets), limit)
    head = octets[:512].lstrip().lower()
    if head.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        raise Refused(_("SVG is not shown by mail programs. Save the image as PNG and upload that."), code="image_svg")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(octets), formats=_FORMATS)
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Refused(
                    _("The image has %(width)s × %(height)s pixels. Make it smaller: %(limit)s pixels wide are enough.")
                    % {"width": width, "height": height, "limit": MAX_WIDTH},
                    code="image_pixels",
                )
            if picture.format == "GIF" and getattr(picture, "n_frames", 1) > 1:
                return _animated(picture)
            picture.load()
    except Refused:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(
            _("This is not an image that can be read. Upload a PNG, JPEG, GIF or WebP file."), code="image_type"
        ) from None
    return _still(picture)


def check_size(size: int, limit: int) -> None:
    """Raises Refused for a file that is too large; to be asked before anything is read."""
    if size > limit:
        raise Refused(
            _("The image has %(size)s MB. At most %(limit)s MB may be uploaded: save it smaller and try again.")
            % {"size": f"{size / MEGABYTE:.1f}", "limit": limit // MEGABYTE},
            code="image_size",
        )


def _still(picture: "object") -> Drawn:
    from PIL import Image, ImageOps

    assert isinstance(picture, Image.Image)
    photograph = picture.format == "JPEG"
    turned = ImageOps.exif_transpose(picture)
    clear = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    # A new picture out of the points alone: nothing else that the file held comes along.
    points = turned.convert("RGBA" if clear else "RGB")
    points.thumbnail((MAX_WIDTH, MAX_HEIGHT), Image.Resampling.LANCZOS)
    plain = Image.new(points.mode, points.size)
    plain.paste(points)
    kind = "png" if clear or not (photograph or picture.format == "WEBP") else "jpg"
    octets = _encoded(plain, kind)
    if len(octets) > MAX_KEPT and not clear:
        kind, octets = "jpg", _encoded(plain, "jpg")
    while len(octets) > MAX_KEPT:
        plain = plain.resize((plain.width * 3 // 4, plain.height * 3 // 4), Image.Resampling.LANCZOS)
        octets = _encoded(plain, kind)
    return Drawn(octets, kind, plain.width, plain.height)


def _encoded(picture: "object", kind: str) -> bytes:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    out = io.BytesIO()
    if kind == "jpg":
        picture.convert("RGB").save(out, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _animated(picture: "object") -> Drawn:
    from PIL import Image, ImageSequence

    assert isinstance(picture, Image.Image)
    if getattr(picture, "n_frames", 1) > MAX_FRAMES:
        raise Refused(
            _("The animation has more than %(limit)s frames. Shorten it.") % {"limit": MAX_FRAMES}, code="image_frames"
        )
    frames = []
    for frame in ImageSequence.Iterator(picture):
        points = frame.convert("RGBA")
        points.thumbnail((600, 600))
        frames.append(points)
    out = io.BytesIO()
    frames[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        loop=0,
        duration=picture.info.get("duration", 100),
        disposal=2,
    )
    if out.tell() > MAX_KEPT:
        raise Refused(_("The animation is too large for a mail. Shorten it or make it smaller."), code="image_size")
    return Drawn(out.getvalue(), "gif", frames[0].width, frames[0].height)


def new_file(kind: str) -> str:
    """A name that nobody can guess."""
    return f"{secrets.token_urlsafe(18)}.{kind}"


def path_of(file: str) -> Path:
    """Where the file lies."""
    return Path(settings.REGULARS_HOME) / "media" / file[:2] / file


def keep(file: str, octets: bytes) -> None:
    """Writes the file whole or not at all."""
    path = path_of(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    rough = path.with_suffix(".part")
    rough.write_bytes(octets)
    rough.replace(path)


def address(file: str) -> str:
    """Where readers of mails find it."""
    return f"{settings.REGULARS_BASE_URL}/m/{file}"
