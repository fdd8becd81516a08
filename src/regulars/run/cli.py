"""The command line: `python -m regulars.run.cli`, started by `./regulars`.

Exit codes: 0 done; 1 refused, the reason on stderr; 2 the command was called wrongly; 130 interrupted.
"""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from regulars import __version__
from regulars.core.errors import Refused

from .surface import command_files, load


class House(TyperGroup):
    """The commands, found by folder. Only the one that is called is imported, so that a start stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(command_files())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """As much of a command as the overview shows."""
        file = command_files().get(cmd_name)
        return file and TyperCommand(file.name, help=file.says)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The overview: each command with its whole line."""
        with formatter.section("Commands"):
            formatter.write_dl([(file.name, file.says) for file in command_files().values()])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return (name, load(command_files()[name]), rest) if name and command else (name, command, rest)


app = typer.Typer(
    cls=House,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"max_content_width": 120},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Regulars {__version__}")
        raise typer.Exit


@app.callback(epilog="Example: ./regulars demo")
def regulars(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Regulars turns an online shop's first-time buyers into regulars.

    State lives in REGULARS_HOME (default: ./var).
    """


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and exits with its code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
    try:
        get_command(app).main(args=arguments, prog_name="./regulars")
    except Refused as refusal:
        print(f"Refused: {refusal}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
