"""Icons as inline SVG, so that they take the colour of the text and need no request."""

import re
from functools import lru_cache
from pathlib import Path

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

FOLDER = Path(__file__).parent / "icons"


@lru_cache(maxsize=512)
def _drawing(name: str) -> str:
    """What is inside the `<svg>` of an icon. Raises LookupError with the names that come close."""
    file = FOLDER / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not file.is_file():
        family = name.partition("-")[0]
        close = sorted(other.stem for other in FOLDER.glob("*.svg") if other.stem.split("-")[0] == family)
        raise LookupError(f"there is no icon {name!r} in web/icons; close: {', '.join(close) or 'none'}")
    inside = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
    if inside is None:
        raise LookupError(f"web/icons/{name}.svg is not an SVG")
    return re.sub(r"\s*\n\s*", "", inside[1])


@lru_cache(maxsize=1024)
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """The icon `name` as SVG; without a `label` it is hidden from screen readers."""
    said = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(  # the drawing is our own file, the rest is escaped
        f'<svg class="icon {escape(classes)}" {said} viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-linecap="round" stroke-linejoin="round">{_drawing(name)}</svg>'
    )
