"""List every figure with its definition, or write their pages of the guide."""

from pathlib import Path
from typing import Annotated

import typer

from regulars.core.errors import Refused
from regulars.insights import guide, kpis
from regulars.run.answer import print_json

NEEDS = "django"
EXAMPLE = "./regulars figures"

FOLDER = Path(__file__).resolve().parents[4] / "docs" / "guide"


def command(
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the guide's pages of figures anew.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Refuse if those pages are not up to date.")] = False,
) -> None:
    """List the figures: key, version, date since which it is so defined, unit, definition."""
    if write or check:
        for language, name in guide.LANGUAGES.items():
            text = guide.page(language)
            if write:
                (FOLDER / name).write_text(text, encoding="utf-8")
            elif not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text:
                raise Refused(f"docs/guide/{name} is not up to date: ./regulars figures --write")
        return
    found = [
        {
            "key": one.key,
            "version": one.version,
            "since": one.since,
            "unit": one.unit.value,
            "title": str(one.title),
            "definition": str(one.definition),
        }
        for one in kpis.definitions().values()
    ]
    if json:
        print_json({"figures": found})
        return
    for row in found:
        typer.echo(f"{row['key']} (version {row['version']}, {row['since']}): {row['title']}. {row['definition']}")
