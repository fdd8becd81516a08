"""The plug-in surface of the command line: `commands/<name>.py` is the command `<name>`; nothing else is edited.

A command file holds, at its top level:

- a docstring: its first line is the line in `./regulars --help`;
- `EXAMPLE = "./regulars <name> …"`: shown at the end of its help;
- `command`, a typed function whose parameters are the options and whose docstring is the help, or
  `app`, a `typer.Typer` with sub-commands (each with an example in its own docstring);
- optionally `NEEDS = "nothing" | "django" | "database"` (default: the last). Before the file is imported Django is set
  up, unless it needs nothing; before a command runs (not before its help) the database is migrated, if it needs it;
- optionally `LOCK = "dev"`: the start script installs the development lock for this command.

`import` and other words of Python are written with a trailing underscore (`import_.py`), a dash as an underscore.
A command that cannot do what was asked raises `regulars.core.errors.Refused`: exit 1 with its text on stderr. One that
was called wrongly exits 2. What takes longer than two seconds shows `regulars.run.progress`; what answers with data has
`--json` and prints it with `regulars.run.answer.print_json`.
"""

import ast
import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

FOLDER = Path(__file__).parent / "commands"


@dataclass(frozen=True)
class CommandFile:
    """A command as far as its file tells without being imported."""

    name: str
    path: Path
    says: str
    example: str
    needs: str

    @property
    def module(self) -> str:
        """The dotted name to import."""
        return f"regulars.run.commands.{self.path.stem}"


def command_files(folder: Path = FOLDER) -> dict[str, CommandFile]:
    """All commands by name, in alphabetical order, read without importing any."""
    files = [_read(path) for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
    return {file.name: file for file in files}


def _read(path: Path) -> CommandFile:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    words: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            words |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
    return CommandFile(
        name=path.stem.rstrip("_").replace("_", "-"),
        path=path,
        says=(ast.get_docstring(tree) or "").partition("\n")[0],
        example=words.get("EXAMPLE", ""),
        needs=words.get("NEEDS", "database"),
    )


def load(file: CommandFile) -> Any:
    """The command itself (a click command of typer's), ready to run: imported, with its example and its database."""
    if file.needs != "nothing":
        import django

        django.setup()
    module = importlib.import_module(file.module)
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        app = typer.Typer()
        app.command(name=file.name, help=module.command.__doc__ or module.__doc__)(module.command)
    app._add_completion = False
    app.rich_markup_mode = None  # help stays plain text: square brackets and angle brackets mean themselves
    command = get_command(app)
    command.name = file.name
    if not command.help:
        command.help = module.__doc__
    if file.example and file.example not in (command.help or ""):
        command.epilog = f"Example: {file.example}"
    if file.needs == "database":
        _promise_database(command)
    return command


def leaves(command: Any, name: str) -> list[tuple[str, Any]]:
    """The command itself, or all sub-commands below it, with their full names."""
    below: dict[str, Any] = getattr(command, "commands", {})
    return [leaf for word, sub in below.items() for leaf in leaves(sub, f"{name} {word}")] or [(name, command)]


def _promise_database(command: Any) -> None:
    for _name, leaf in leaves(command, ""):
        leaf.callback = _after_migration(leaf.callback)


def _after_migration(run: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(run)
    def migrated(*args: Any, **kwargs: Any) -> Any:
        from .database import migrate_when_needed

        migrate_when_needed()
        return run(*args, **kwargs)

    return migrated
