"""Letters as one PDF, A4, for window envelopes: DIN 5008, form B. Lengths are millimetres from the top left corner.

The address field lies at 20, 45 and is 85 wide and 45 high: return line above, six lines of address from 62.7 on. The text
begins at 98.5, between margins of 25 (left) and 20 (right). Marks to fold at 105 and 210, to punch at 148.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONTS = Path(__file__).parent / "fonts"
LEFT, RIGHT, WIDTH = 25.0, 20.0, 165.0
FIELD = (20.0, 45.0, 85.0, 45.0)
"""The window: left, top, width, height."""
ADDRESS_TOP, ADDRESS_LINE, ADDRESS_WIDTH = 62.7, 4.55, 78.0
TEXT_TOP, INFO_LEFT, INFO_TOP = 98.5, 125.0, 50.0
LINE, SIZE = 5.2, 10.5
BOTTOM = 32.0
FOLDS, PUNCH = (105.0, 210.0), 148.5


@dataclass(frozen=True)
class Paper:
    """What stands on each letter of a shop. info: lines beside the address. objection: how to get no more of them."""

    return_line: str
    info: tuple[str, ...]
    closing: str
    signer: str
    footer: tuple[str, ...]


@dataclass(frozen=True)
class Letter:
    """One letter. address: at most six lines. date: in words. small: a line under the text, in small print."""

    address: Sequence[str]
    date: str
    subject: str
    text: str
    small: str = ""
    page_words: str = ""


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    return frozenset(TTFont(FONTS / "Inter-Regular.ttf").getBestCmap())


def unprintable(text: str) -> list[str]:
    """The signs of a text that the typeface lacks, each once, in their order."""
    return list(dict.fromkeys(sign for sign in text if sign.isprintable() and ord(sign) not in _signs()))


class _Sheets(FPDF):
    def __init__(self, paper: Paper) -> None:
        super().__init__(unit="mm", format="A4")
        self.paper, self.page_words, self.first = paper, "", 1
        self.begins: str | None = None
        self.set_margins(LEFT, 20, RIGHT)
        self.set_auto_page_break(True, margin=BOTTOM)
        for style, name in (("", "Regular"), ("B", "SemiBold")):
            self.add_font("Inter", style, FONTS / f"Inter-{name}.ttf")

    def header(self) -> None:
        """A letter begins here, once the page before it has its foot."""
        if self.begins is not None:
            self.first, self.page_words, self.begins = self.page_no(), self.begins, None

    def footer(self) -> None:
        """The shop's notice on each page; the page's number from the second on."""
        self.set_font("Inter", "", 7)
        self.set_text_color(90)
        self.set_y(-BOTTOM + 6)
        if self.page_no() > self.first and self.page_words:
            self.cell(WIDTH, 4, f"{self.page_words} {self.page_no() - self.first + 1}", align="R")
        self.set_y(-BOTTOM + 11)
        for line in self.paper.footer[:4]:
            self.cell(WIDTH, 3.4, line, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(0)

    def fitting(self, text: str, width: float, size: float, least: float) -> None:
        """Sets the largest size from `size` down to `least` points in which the line fits."""
        self.set_font("Inter", "", size)
        while self.get_string_width(text) > width and size > least:
            size -= 0.25
            self.set_font_size(size)


def pdf(letters: Sequence[Letter], paper: Paper, now: datetime) -> bytes:
    """All letters, one after the other, each on a page of its own; its further pages follow it."""
    sheets = _Sheets(paper)
    sheets.set_creation_date(now)
    for letter in letters:
        sheets.begins = letter.page_words
        sheets.add_page()
        _head(sheets, letter, paper)
        _body(sheets, letter, paper)
    return bytes(sheets.output())


def _head(sheets: _Sheets, letter: Letter, paper: Paper) -> None:
    sheets.set_draw_color(120)
    sheets.set_line_width(0.15)
    for y in FOLDS:
        sheets.line(4, y, 8, y)
    sheets.line(4, PUNCH, 10, PUNCH)
    sheets.fitting(paper.return_line, ADDRESS_WIDTH, 7, 5)
    sheets.set_xy(LEFT, ADDRESS_TOP - 4.6)
    sheets.cell(ADDRESS_WIDTH, 3.6, paper.return_line)
    sheets.line(LEFT, ADDRESS_TOP - 0.8, LEFT + ADDRESS_WIDTH, ADDRESS_TOP - 0.8)
    for place, line in enumerate(letter.address):
        sheets.fitting(line, ADDRESS_WIDTH, 10, 6)
        sheets.set_xy(LEFT, ADDRESS_TOP + place * ADDRESS_LINE)
        sheets.cell(ADDRESS_WIDTH, ADDRESS_LINE, line)
    sheets.set_font("Inter", "B", 11)
    for place, line in enumerate((*paper.info[:7], "", letter.date)):
        sheets.set_xy(INFO_LEFT, INFO_TOP + place * 4.4)
        if place:
            sheets.fitting(line, 65, 9, 6)
        sheets.cell(65, 4.4, line)


def _body(sheets: _Sheets, letter: Letter, paper: Paper) -> None:
    def paragraph(text: str, *, style: str = "", size: float = SIZE, line: float = LINE) -> None:
        sheets.set_font("Inter", style, size)
        sheets.multi_cell(WIDTH, line, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    sheets.set_xy(LEFT, TEXT_TOP)
    paragraph(letter.subject, style="B")
    sheets.ln(2 * LINE)
    for text in letter.text.split("\n\n"):
        paragraph(text.strip("\n"))
        sheets.ln(LINE)
    if paper.closing or paper.signer:
        # A signature stands under its greeting, on the same page.
        if sheets.will_page_break(6 * LINE):
            sheets.add_page()
        paragraph(paper.closing)
        sheets.ln(3 * LINE)
        paragraph(paper.signer)
        sheets.ln(LINE)
    if letter.small:
        sheets.ln(LINE)
        paragraph(letter.small, size=7.5, line=3.6)
