"""Say what mails are that came in: returned mails, complaints, automatic answers, replies."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.core.errors import Refused
from regulars.run.answer import print_json

EXAMPLE = "./regulars mail read bounce.eml --json"
NEEDS = "django"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def chapter() -> None:
    """Look into mails that came in. Example: ./regulars mail read bounce.eml --json"""


@app.command()
def read(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Single mails (.eml), mbox files, or - for stdin.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Say what each mail is, and about which addresses. Example: ./regulars mail read bounce.eml --json

    hard: the address is dead (user or host unknown, moved, closed). soft: it came back for any other reason. complaint: the
    reader calls it unwanted (ARF). auto_reply: a machine answered. reply: a person answered. none: all else; what cannot be
    read has a reason.
    """
    rows = [row for file in files for row in _rows(file)]
    if json:
        print_json(rows)
        return
    width = max([len(row["file"]) for row in rows] + [4])
    typer.echo(f"{'FILE':<{width}}  {'KIND':<10}  ADDRESSES")
    for row in rows:
        told = ", ".join(row["addresses"]) or row.get("reason", "")
        typer.echo(f"{row['file']:<{width}}  {row['kind']:<10}  {told}".rstrip())


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    from regulars.reach.messaging.incoming import mails_in
    from regulars.reach.messaging.incoming import read as read_mail

    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}. Name mails or mbox files that are there.") from error
    mails = mails_in(content)
    for number, raw in enumerate(mails, start=1):
        reading = read_mail(raw)
        row: dict[str, Any] = {"file": str(file), "kind": reading.kind.value, "addresses": reading.addresses}
        if len(mails) > 1:
            row["number"] = number
        if reading.reason:
            row["reason"] = reading.reason
        yield row
