"""Take a calendar file into the communication calendar, or write the calendar as one."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.run.answer import print_json

app = typer.Typer(no_args_is_help=True, help=__doc__)

EXAMPLE = "./regulars calendar import events.ics --shop plattenkiste"

ShopSlug = Annotated[str, typer.Option("--shop", help="Short name of the shop.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file in the iCalendar format (.ics).", exists=True, dir_okay=False)],
    shop: ShopSlug,
    json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Import the events of an iCalendar file. A second run changes nothing, and an older file overwrites nothing newer.

    What does not fit is refused with its place and a remedy; the rest is taken. Attendees and organisers are left out.

    Example: ./regulars calendar import events.ics --shop plattenkiste
    """
    from regulars.core import clock
    from regulars.core.errors import Refused
    from regulars.journeys.calendar.actions import import_ics

    found = import_ics(_shop(shop), file.name, file.read_bytes(), clock.now())
    if json:
        print_json(asdict(found))
    else:
        typer.echo(
            f"{found.read:,} events read: {found.added:,} added, {found.changed:,} changed, {found.unchanged:,} unchanged, "
            f"{len(found.refused):,} refused."
        )
        for one in [*found.refused, *found.noted]:
            typer.echo(f"{one.file}, {one.component}: {one.reason} {one.remedy}", err=True)
    if found.refused and not found.read:
        raise Refused(f"nothing in {file.name} could be read")


@app.command()
def export(shop: ShopSlug) -> None:
    """Print all entries of the communication calendar as one iCalendar file.

    Example: ./regulars calendar export --shop plattenkiste > plattenkiste.ics
    """
    from regulars.journeys.calendar.models import CalendarEntry
    from regulars.journeys.calendar.writing import calendar_of

    into = _shop(shop)
    rows = (
        CalendarEntry._base_manager.filter(shop=into).select_related("segment", "measure").order_by("begins_at", "pk")
    )
    sys.stdout.buffer.write(calendar_of(into, rows))
    sys.stdout.buffer.flush()


def _shop(slug: str) -> Any:
    from regulars.core.models import Shop

    found = Shop.objects.filter(slug=slug).first()
    if found is None:
        raise typer.BadParameter(f"there is no shop called {slug}; ./regulars import orders makes one")
    return found
