"""Show the settings of this installation, or write their page of the guide."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from regulars.core.errors import Refused
from regulars.run.answer import print_json

NEEDS = "nothing"
EXAMPLE = "./regulars settings"

PAGE = Path(__file__).resolve().parents[4] / "docs" / "guide" / "settings.md"
SECRET = ("KEY", "DATABASE", "SMTP", "REDIS", "WAREHOUSE")
"""Settings whose values may hold a password: they are shown as set or not set."""

HEAD = """\
# Settings

Every setting is an environment variable with a default that starts. Each may also come from a file: `NAME_FILE` names it and
wins over `NAME`. `./regulars settings` shows what is set; `./regulars settings --write` makes this page.

| setting | default | what it is |
|---|---|---|
"""

START = """
The start script reads `REGULARS_HOME`, `REGULARS_PYTHON` (the Python that makes the environment) and `REGULARS_VENV` (an
environment that you look after yourself). The tests read `REGULARS_TEST_POSTGRES`, `REGULARS_TEST_REDIS`,
`REGULARS_TEST_DATA` and `REGULARS_REQUIRE`; see CONTRIBUTING.md.
"""


def page() -> str:
    """The guide's page, from what the settings read."""
    return HEAD + "".join(f"| `{one.name}` | {_code(one.default)} | {one.about} |\n" for one in _settings()) + START


def command(
    json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write docs/guide/settings.md anew.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Refuse if docs/guide/settings.md is not up to date.")] = False,
) -> None:
    """Show every setting, whether it is set, its default, and what it is for. Values that may hold a password stay hidden."""
    if write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
    if check and (not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()):
        raise Refused("docs/guide/settings.md is not up to date: ./regulars settings --write")
    rows = [
        {"name": one.name, "value": _shown(one.name), "default": one.default, "about": one.about} for one in _settings()
    ]
    if json:
        print_json({"settings": rows})
        return
    table = Table()
    for title in ("setting", "value", "default", "what it is"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["value"] or "", row["default"], row["about"])
    Console().print(table)


def _settings() -> list[Any]:
    from django.conf import settings

    return sorted(settings.SETTINGS_READ, key=lambda one: one.name)


def _shown(name: str) -> str | None:
    value = os.environ.get(name)
    return "(set)" if value and any(word in name for word in SECRET) else value


def _code(value: str) -> str:
    return f"`{value}`" if value else "none"
