"""The little Markdown that written pages need."""

from collections.abc import Iterable, Sequence
from typing import Any


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A table with a line break at its end. Cells are texts; bars and line breaks inside them are escaped."""
    lines = [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def code(text: Any) -> str:
    """A text as code; nothing for nothing."""
    return f"`{text}`" if text not in ("", None) else ""


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(" ".join(str(cell).replace("|", "\\|").split()) for cell in cells) + " |"
