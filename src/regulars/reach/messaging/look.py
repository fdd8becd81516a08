"""How mails look: the colours, type and shapes that the layout uses, and whether one can read them.

Contrast is that of WCAG 2.2 (1.4.3): (L1 + 0.05) / (L2 + 0.05) of the relative luminances; 4.5 is needed for text.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

READABLE = 4.5
COLOUR = re.compile(r"#[0-9a-f]{6}")
DARK_CARD, DARK_INK = "#221f1c", "#f1ece5"

FONTS: dict[str, tuple[object, str]] = {
    "system": (
        _("As the device"),
        "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    ),
    "neutral": (_("Neutral (Helvetica, Arial)"), "Helvetica, Arial, sans-serif"),
    "friendly": (_("Friendly (Trebuchet)"), "'Trebuchet MS', 'Lucida Grande', Tahoma, sans-serif"),
    "wide": (_("Wide (Verdana)"), "Verdana, Geneva, 'DejaVu Sans', sans-serif"),
    "book": (_("Like a book (Georgia)"), "Georgia, 'Times New Roman', Times, serif"),
    "typewriter": (_("Typewriter (Courier)"), "'Courier New', Courier, monospace"),
}
"""Key → its name and the stack. Only fonts that devices have: nothing is loaded."""

BUTTONS: dict[str, tuple[object, int]] = {
    "square": (_("Square"), 0),
    "rounded": (_("Rounded"), 8),
    "pill": (_("Pill"), 28),
}
"""Key → its name and the radius in pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the layout is made with. logo: file of a Media, empty for the shop's name; footer: plain text."""

    accent: str = "#9a3412"
    ink: str = "#1c1917"
    paper: str = "#f4f1ec"
    card: str = "#ffffff"
    font: str = "system"
    button: str = "rounded"
    logo: str = ""
    logo_width: int = 160
    footer: tuple[tuple[str, str], ...] = field(default=())

    @property
    def stack(self) -> str:
        """The fonts, in order."""
        return FONTS.get(self.font, FONTS["system"])[1]

    @property
    def radius(self) -> int:
        """Of the corners of buttons, in pixels."""
        return BUTTONS.get(self.button, BUTTONS["rounded"])[1]

    @property
    def on_accent(self) -> str:
        """The colour of a button's words: white or black, whichever is read better."""
        return max(("#ffffff", "#1c1917"), key=lambda one: contrast(one, self.accent))

    @property
    def muted(self) -> str:
        """The ink of what is secondary: as pale as it may be to be read on the ground around the mail and on it."""
        return readable(mixed(self.ink, self.paper, 0.36), self.ink, self.paper, self.card)

    @property
    def line(self) -> str:
        return mixed(self.ink, self.card, 0.87)

    @property
    def dark_accent(self) -> str:
        """The accent on a dark ground: lighter until it can be read."""
        return readable(self.accent, "#ffffff", DARK_CARD)

    @property
    def on_dark_accent(self) -> str:
        return max(("#ffffff", "#1c1917"), key=lambda one: contrast(one, self.dark_accent))


HOUSE = Look()
"""The look of a shop that chose none."""


def mixed(first: str, second: str, share: float) -> str:
    """`first` with `share` of `second` in it."""
    pairs = [(int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)


def readable(colour: str, towards: str, *grounds: str) -> str:
    """The colour, moved towards another one until it can be read on all grounds (or is that one)."""
    for step in range(21):
        found = mixed(colour, towards, step / 20)
        if all(contrast(found, ground) >= READABLE for ground in grounds):
            return found
    return towards


def contrast(first: str, second: str) -> float:
    """From 1 (equal) to 21 (black on white)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
