"""Write the reference pages of the documentation from the code, or check that they are up to date."""

from typing import Annotated

import typer

from regulars.core.errors import Refused

NEEDS = "django"
EXAMPLE = "./regulars docs --write"


def command(
    write: Annotated[bool, typer.Option("--write", help="Write the pages that are not up to date.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Refuse if a page is not up to date.")] = False,
) -> None:
    """Name the pages of docs/ that are made from the code: figures, playbooks, roles, events, commands, the interface."""
    from regulars.run import reference

    if write:
        for name in reference.write():
            typer.echo(f"written: docs/{name}")
        return
    stale = reference.stale()
    if check and stale:
        raise Refused(
            f"not up to date: {', '.join(f'docs/{name}' for name in stale)}; write them: ./regulars docs --write"
        )
    for name in reference.PAGES:
        typer.echo(f"docs/{name}{' (not up to date)' if name in stale else ''}")
