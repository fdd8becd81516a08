"""Pages of the documentation that are made from the code, so that they cannot lie: their names and how each is written.

A page is a function without arguments that gives its Markdown. It reads what is declared (registries, roles, the
description of the interface), never records: the pages are the same on every installation.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from regulars.insights import guide as figures

from . import developers, guide, kinds

FOLDER = Path(__file__).resolve().parents[4] / "docs"

PAGES: dict[str, Callable[[], str]] = {
    **{f"guide/{locale}/reference/{name}.md": made for locale in guide.LOCALES for name, made in guide.pages(locale)},
    **{f"developers/{name}.md": made for name, made in developers.PAGES.items()},
    **{f"guide/{name}": partial(figures.page, locale) for locale, name in figures.LANGUAGES.items()},
    "guide/settings.md": developers.settings,
    **kinds.PAGES,
}
"""Path below `docs/` → what writes it."""


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are missing or say something else than the code, in order."""
    return [name for name, made in PAGES.items() if _read(folder / name) != made()]


def write(folder: Path = FOLDER) -> list[str]:
    """Writes the pages that are stale and names them."""
    changed = stale(folder)
    for name in changed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PAGES[name](), encoding="utf-8")
    return changed


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
