"""Build the facts: the columnar snapshot of the records that figures and models are computed from."""

import time
from typing import Annotated

import typer

from regulars.core.clock import now
from regulars.core.scoping import scope
from regulars.insights import facts
from regulars.run.answer import print_json
from regulars.run.progress import progress

from .kpis import find_shop

EXAMPLE = "./regulars facts build --shop plattenkiste"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def chapter() -> None:
    """The columnar snapshot of the records. Example: ./regulars facts build --shop plattenkiste"""


@app.command()
def build(
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Build the snapshot from all records anew. Example: ./regulars facts build --shop plattenkiste

    Figures refresh stale facts by themselves; this is for when the folder was damaged or moved.
    """
    found_shop = find_shop(shop)
    began = time.monotonic()
    with scope(shop=found_shop), progress("Building facts"):
        made = facts.build(found_shop, now())
    said = {
        "orders": made.rows("orders"),
        "returns": made.rows("returns"),
        "refunds": made.rows("refunds"),
        "months": len(made.months),
        "first_day": made.first_day,
        "last_day": made.last_day,
        "seconds": round(time.monotonic() - began, 3),
    }
    if json:
        print_json(said)
    else:
        typer.echo(
            f"{said['orders']} orders, {said['returns']} returns, {said['refunds']} refunds; {said['seconds']} s"
        )
