"""Keep journeys as text files under version control: export, import and check them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.run.answer import print_json

from .kpis import find_shop

EXAMPLE = "./regulars journeys export win-back --shop plattenkiste > win-back.toml"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def chapter() -> None:
    """Journeys as text files (TOML). Example: ./regulars journeys export win-back --shop plattenkiste"""


@app.command("export")
def export(
    key: Annotated[str, typer.Argument(help="Short name of the journey, or of a playbook that was not started.")],
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    out: Annotated[Path | None, typer.Option(help="File to write; default: print it.", dir_okay=False)] = None,
) -> None:
    """Write a journey as a text file: as it is edited, else as it was published.

    Example: ./regulars journeys export win-back --shop plattenkiste --out win-back.toml
    """
    from regulars.journeys import actions, text_form

    found = find_shop(shop)
    with scope(shop=found):
        text = text_form.write(actions.document_for(found, key))
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    typer.echo(f"written: {out}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="TOML file of one journey.")],
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    publish: Annotated[bool, typer.Option("--publish", help="Publish it too, and start it.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Publish although the mails give warnings.")] = False,
    agreed: Annotated[int | None, typer.Option(help="The number of people, where nearly everybody gets it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Read a journey from a text file. A wrong one is refused with every place, and what was there stays.

    Before it is published its mails are checked: errors refuse, warnings ask for --confirm. Customers half-way stay in the
    version that took them in. Example: ./regulars journeys import thanks.toml --shop plattenkiste
    """
    from django.db import transaction

    from regulars.journeys import actions, text_form
    from regulars.journeys.before_start import NotReady
    from regulars.journeys.document import checked

    found = find_shop(shop)
    document = text_form.read_file(file)
    version = None
    with scope(shop=found), transaction.atomic():
        draft = actions.save_draft(found, checked(document, most=50), now())
        if publish:
            try:
                seen = None if confirm else ""
                version = actions.publish_draft(draft, now(), confirmed=seen, agreed=agreed).version
            except NotReady as refused:
                hint = {"warnings": "--confirm publishes it all the same", "everybody": f"--agreed {refused.people}"}
                ask = f"\n({hint[refused.code]})" if refused.code in hint else ""
                raise Refused(f"{refused}{ask}", code=refused.code) from refused
    if json:
        print_json({"key": draft.key, "revision": draft.revision, "version": version})
    else:
        typer.echo(f"{draft.key}: " + (f"published as version {version}" if publish else "saved, not published"))


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="TOML file of one journey.")],
    shop: Annotated[str, typer.Option(help="Look at its mails too, as before a start in this shop.")] = "",
    links: Annotated[bool, typer.Option("--links", help="Ask the links of the mails whether they answer.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Say all that is wrong with a text file, each with its place; change nothing.

    Warnings of its mails are told, only errors end with 1. Example: ./regulars journeys check thanks.toml --shop
    plattenkiste --links
    """
    from regulars.journeys import text_form
    from regulars.journeys.document import problems

    if links and not shop:
        raise Refused("--links needs --shop: the mails are looked at as before a start in a shop")
    document = text_form.read_file(file)
    found = problems(document)
    mails = _mails_of(shop, document, links) if shop and not found else []
    has_errors = bool(found) or any(one.finding.severity == "error" for one in mails)
    if json:
        answer: dict[str, Any] = {
            "problems": [{"place": one.place, "parameter": one.name, "says": one.words} for one in found]
        }
        if shop:
            answer["mails"] = [
                {"severity": one.finding.severity, "code": one.finding.code, "step": one.step, "says": str(one)}
                for one in mails
            ]
        print_json(answer)
        if has_errors:
            raise typer.Exit(1)
        return
    lines = [str(one) for one in found] + [f"{one.finding.severity}: {one}" for one in mails]
    if has_errors:
        raise Refused("\n".join(lines))
    if not any(one.finding.severity == "warning" for one in mails):
        lines.append(f"{file.name}: nothing is wrong")
    typer.echo("\n".join(lines))


def _mails_of(shop: str, document: dict[str, Any], links: bool) -> list[Any]:
    """What is found in the mails of a journey that has no problems."""
    from regulars.journeys.before_start import look
    from regulars.journeys.document import Document, checked
    from regulars.reach.messaging.link_asking import asking

    found = find_shop(shop)
    with scope(shop=found):
        fine = checked(document)
        return look(found, fine, Document(fine), now(), asking(found) if links else None)
