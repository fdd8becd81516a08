"""Fit the models of what customers will do, and export each customer's scores."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.core.clock import now
from regulars.core.scoping import scope
from regulars.insights import scores
from regulars.insights.sweeps import score_all
from regulars.run.answer import print_json
from regulars.run.progress import progress

from .kpis import DAY, find_shop

EXAMPLE = "./regulars scores fit --shop plattenkiste"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def chapter() -> None:
    """What each customer is expected to do. Example: ./regulars scores fit --shop plattenkiste"""


@app.command()
def fit(
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    until: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="Last day that counts (included); default: that of the last order."),
    ] = None,
    unit: Annotated[str, typer.Option(help="Unit of time of the parameters: day, week or month.")] = "week",
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Fit BG/NBD and Gamma-Gamma by maximum likelihood. Example: ./regulars scores fit --shop plattenkiste --until 2026-03-31

    A purchase is a customer-day with a counted order. The backtest forecasts the days after --until, or the last third of
    the history where there are none, and compares with what happened. Everybody is scored anew afterwards.
    """
    found_shop = find_shop(shop)
    with scope(shop=found_shop), progress("Fitting the models"):
        made = scores.fit(found_shop, until.date() if until else None, unit, now=now())
        score_all(found_shop, now())
    if json:
        print_json(made)
        return
    for model in made["models"]:
        params = ", ".join(f"{name} = {value:.5g}" for name, value in model["params"].items())
        typer.echo(
            f"{model['key']}: {params}; log-likelihood {model['log_likelihood']:.2f}, {model['customers']} customers"
        )
    told = made["backtest"]
    if told:
        typer.echo(
            f"forecast {told['fitted_until']} … {told['until']}: {told['predicted_purchases']:.0f} repeat purchases, "
            f"actual {told['actual_purchases']:.0f}; {told['coverage_purchases']:.1%} of customers inside their interval"
        )


@app.command()
def export(
    shop: Annotated[str, typer.Option(help="Short name of the shop.")],
    csv: Annotated[Path, typer.Option(help="File to write.", dir_okay=False)],
    at: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="Orders through this day (included); default: that of the last order."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")] = False,
) -> None:
    """Export one row a customer. Example: ./regulars scores export --shop plattenkiste --csv scores.csv

    Columns: customer (the shop's own id), recency_days, frequency (counted orders), monetary (their total value), R, F, M,
    x (repeat purchase-days), t_x and T in the unit of the last fit, p_alive, expected_orders and clv of the next 12 months
    with the ends of its 95 % interval. Without a fit the last six are empty.
    """
    found_shop = find_shop(shop)
    with scope(shop=found_shop), progress("Scoring"):
        rows = scores.export(found_shop, at.date() if at else None, csv, now=now())
    if json:
        print_json({"rows": rows, "csv": str(csv)})
    else:
        typer.echo(f"{rows} customers in {csv}")
