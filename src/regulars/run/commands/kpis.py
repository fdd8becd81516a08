"""Compute the figures of a shop for a period, by month if wanted."""

from datetime import date, datetime
from typing import Annotated

import typer

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.insights import kpis
from regulars.insights.figures import Figure
from regulars.run.answer import print_json
from regulars.run.progress import progress

EXAMPLE = "./regulars kpis --shop plattenkiste --from 2026-01-01 --to 2026-07-01 --by month --key revenue --json"

DAY = "%Y-%m-%d"


def command(
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    start: Annotated[datetime, typer.Option("--from", formats=[DAY], help="First day of the period.")],
    end: Annotated[
        datetime,
        typer.Option(
            "--to", formats=[DAY], help="The day after its last: all of June is --from 2026-06-01 --to 2026-07-01."
        ),
    ],
    by: Annotated[str | None, typer.Option(help="'month' cuts the period at the first of each month.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Only this figure; may be given several times.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Compute figures. A period runs from the first moment of --from up to, not including, --to, in the shop's zone.

    Without --key all figures are given. One that cannot be computed is null with a reason. Stale facts are refreshed
    first. Shares are fractions of 1, money is in major units of the shop's currency; intervals are 95 %.
    """
    found_shop = find_shop(shop)
    with scope(shop=found_shop), progress("Computing figures"):
        found = kpis.compute(found_shop, start.date(), end.date(), key or [], by, now=now())
    if json:
        print_json({"kpis": [one.as_json() for one in found]})
        return
    for one in found:
        typer.echo(_line(one))


def find_shop(slug: str) -> Shop:
    """The shop with this short name. Raises Refused naming those that exist."""
    try:
        return Shop.objects.get(slug=slug)
    except Shop.DoesNotExist:
        there = ", ".join(Shop.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise Refused(f"there is no shop {slug!r}; there are: {there or 'none yet'}") from None


def _line(one: Figure) -> str:
    if one.period is None:
        return f"{one.key}: a table, see --json"
    value = f"– ({one.reason})" if one.value is None else f"{one.value:.4f}".rstrip("0").rstrip(".")
    return f"{_days(one.period.start, one.period.end)}  {one.key:32} {value}"


def _days(start: date, end: date) -> str:
    return f"{start} … {end}"
